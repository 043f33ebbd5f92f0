# SPDX-License-Identifier: MIT
#
# What doxygen reads instead of a header (filter.py HEADER), line for line: the paragraphs at the
# top become the comment of the file, REQUIRES: a precondition, and < and > in sentences stand for
# themselves. The inline namespace of the version is not shown. What is in namespace detail is left
# out but for vector_base, whose members are those of the vectors; it is shown as a class of
# namespace mapvec.
import re
import sys

HIDE, SHOW = " /** \\cond */", "/** \\endcond */ "
TEMPLATE = re.compile(r"(/\*\* \\endcond \*/ \} )?template ")
CALLED_BY_OTHERS = re.compile(r"/serialize/|/(std_format|fmt)\.hpp$")  # what libraries call
BASE = re.compile(r"^template <class T, lifetime \w+ = [\w:]+>$")


def escape(sentence):
    """Signs that doxygen would take for tags, outside of `code`."""
    pieces = sentence.split("`")
    return "`".join(piece if i % 2 else re.sub(r"([<>@])", r"\\\1", piece)
                    for i, piece in enumerate(pieces))


def head_comment(lines):
    """The first paragraphs, as the comment of the file; blocks of code among them stay code."""
    head = ["/// \\file"] + ["///" + line[2:] for line in lines[1:]]
    is_code = False
    for i, line in enumerate(head):
        next_line = head[i + 1] if i + 1 < len(head) else ""
        if line == "///" and not is_code and re.match(r"///   \S", next_line):
            is_code, head[i] = True, "/// \\code{.cpp}"
        elif line == "///" and is_code:
            is_code, head[i] = False, "/// \\endcode"
        elif not is_code:
            head[i] = escape(line)
    return head + ["/// \\endcode"] * is_code


def comment(line):
    found = re.match(r"(.*?///<?)(.*)", line)
    if not found:
        return line
    return found[1] + escape(found[2]).replace(" REQUIRES:", " \\pre")


def without_details(lines):
    shown, is_hidden, is_in_base = [], False, False
    for i, line in enumerate(lines):
        declares_a_name_only = lines[i + 2:i + 3] == ["}"]
        if re.match(r"namespace (mapvec::)?detail \{", line) and not declares_a_name_only:
            is_hidden = True
            line += HIDE
        elif re.match(r"\}  // namespace (mapvec::)?detail$", line) and is_hidden:
            is_hidden = False
            line = SHOW + line
        elif BASE.match(line) and lines[i + 1].startswith("class vector_base"):
            is_hidden, is_in_base = False, True
            line = SHOW + "} " + line
        elif is_in_base and line == " protected:":
            line += HIDE
        elif is_in_base and line == "};":
            is_hidden, is_in_base = True, False
            line = SHOW + line + " namespace detail {" + HIDE
        shown.append(line.replace("detail::vector_base", "vector_base"))
    return shown


def with_rules(header, lines):
    """Classes say what their header says for all of it, and what that of their base does."""
    shown = list(lines)
    for i, line in enumerate(lines):
        if not re.match(r"class (MAPVEC_API )?\w+\b[^;]*$", line):
            continue
        first = i
        while TEMPLATE.match(lines[first - 1]):
            first -= 1
        headers = [header]
        if ": public vector_base<" in line:
            headers.append("mapvec/detail/vector_base.hpp")
        rules = " ".join(f"\\copydetails {each}" for each in headers)
        before = TEMPLATE.match(lines[first])
        at = before.end(1) if before and before[1] else 0  # behind what ends the hidden part
        shown[first] = f"{lines[first][:at]}/** {rules} */ {lines[first][at:]}"
    return shown


def filtered(name, text):
    lines = re.sub(r"^(.*namespace mapvec)::inline v\w+", r"\1", text, flags=re.M).splitlines()
    end = next(i for i, line in enumerate(lines) if not line.startswith("//"))
    code = [] if CALLED_BY_OTHERS.search(name) else lines[end:]
    shown = without_details([comment(line) for line in code])
    shown = with_rules(re.sub(r".*include/", "", name), shown)
    return "\n".join(head_comment(lines[:end]) + shown) + "\n"


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as header:
        sys.stdout.write(filtered(sys.argv[1], header.read()))
