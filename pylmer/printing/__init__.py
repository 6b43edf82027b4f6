"""The printed page. `registrations` teaches records to print themselves; `text.show` loads it when it is first asked.

In: records of numbers.
Out: text and HTML.
Must not know: how the numbers are found.
"""
