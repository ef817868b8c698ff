"""Tables where the documentation prints them: between two comments, replaced as a whole."""

import re


def printed(text: str, name: str, table: str) -> str:
    """The page with `table` where it marks the table of this name; as it is if it does not.

    >>> print(printed("<!-- table a -->\\nold\\n<!-- end -->", "a", "new"))
    <!-- table a -->
    <BLANKLINE>
    new
    <BLANKLINE>
    <!-- end -->
    """
    mark = re.compile(rf"(<!-- table {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    return mark.sub(lambda m: f"{m[1]}\n{table}\n\n{m[2]}", text)
