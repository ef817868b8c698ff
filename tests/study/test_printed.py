"""Tables in a page are replaced, and nothing else is."""

from robusttrain.study.printed import printed

PAGE = "# A\n\n<!-- table a -->\n\nold\n\n<!-- end -->\n\nb\n\n<!-- table b -->\n<!-- end -->\nc\n"


def test_the_table_of_this_name_is_replaced():
    page = printed(PAGE, "a", "| \\1 |")
    assert page == PAGE.replace("old", "| \\1 |")
    assert printed(page, "a", "| \\1 |") == page
    assert printed(PAGE, "b", "new").endswith("<!-- table b -->\n\nnew\n\n<!-- end -->\nc\n")


def test_a_page_without_the_table_stays():
    assert printed(PAGE, "c", "new") == PAGE
