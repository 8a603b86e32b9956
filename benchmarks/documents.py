"""What is kept of real documents: three questions each, written out to be read by eye.

    PYTHONPATH=engine python benchmarks/documents.py FOLDER [--max-tokens 250] > documents.md

FOLDER holds the documents under the names below; where each comes from is said beside it. Nothing is counted here:
whether a stranger could answer from what was kept is for the reader to say.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import laconic

DOCUMENTS = {
    "ripgrep_GUIDE.md": (
        "Markdown, wrapped, with code blocks; github.com/BurntSushi/ripgrep",
        "How do I make ripgrep search files that my .gitignore excludes?",
        "Which flag replaces every match with another text?",
        "Where does ripgrep look for its configuration file?",
    ),
    "httpx_CHANGELOG.md": (
        "a changelog in Markdown; github.com/encode/httpx",
        "In which release was Python 3.7 support dropped?",
        "When did the default timeout behaviour or the proxies argument change?",
        "Which version made cookies on client instances only?",
    ),
    "requests_HISTORY.md": (
        "a changelog with underlined headings; github.com/psf/requests",
        "Which security issue was fixed for the Proxy-Authorization header?",
        "Which release dropped support for Python 2.7?",
        "When was chardet replaced by charset_normalizer?",
    ),
    "pydantic-ai_README.md": (
        "a README with badges, links and code; github.com/pydantic/pydantic-ai",
        "How do I define a tool that the agent can call?",
        "Which model providers are supported?",
        "How can I monitor an agent in production?",
    ),
    "bashref.pdf.txt": (
        "text of a PDF by pypdf, pages 9-40 of the Bash manual, page breaks as form feeds; Debian's bash-doc",
        "How can a shell function be deleted?",
        "What is the exit status of a command that is not found?",
        "What does the null command or colon operator ${parameter:=word} do?",
    ),
    "draft-morgan-pam.txt": (
        "an Internet draft, paged, with headers and footers; Debian's libpam-doc",
        "What is the purpose of the conversation function?",
        "What should an application do when it receives PAM_INCOMPLETE?",
        "What are the four management groups of modules?",
    ),
    "revert-a-faulty-merge.txt": (
        "mail with headers, quotes, drawings and AsciiDoc; Debian's git-doc",
        "How do I undo the revert of a merge?",
        "Who asked the question, and what was his situation?",
        "Why does reverting a merge not undo the history?",
    ),
    "config-vars.rst": (
        "reStructuredText with tables and literal blocks; PyPI's awscli",
        "Which environment variable sets the default region?",
        "What is cli_follow_urlparam for?",
        "How do I assume a role with a source profile?",
    ),
    "coreutils_NEWS": (
        "plain text, indented and wrapped; Debian's coreutils, its first 700 lines",
        "What changed in how cat copies files?",
        "Which bug of 'mv --backup=numbered' was fixed, and since when had it been there?",
        "Which warning do chown and chroot give now?",
    ),
    "git-rebase.html": (
        "HTML of a manual page; Debian's git-doc",
        "What does --autosquash do?",
        "How do I stop a rebase and go back to the original branch?",
        "Which option rebases merge commits too?",
    ),
}
"""By file name: what it is, and three questions."""


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("folder", type=Path)
    cli.add_argument("--max-tokens", type=int, default=250)
    cli.add_argument("--only", default="", help="documents whose name holds this")
    args = cli.parse_args()
    for name, (what, *questions) in DOCUMENTS.items():
        if args.only not in name:
            continue
        text = (args.folder / name).read_text(encoding="utf-8", errors="replace")
        print(f"## {name}\n{what}\n")
        for question in questions:
            result = laconic.compress([{"text": text, "source": name}], question, max_tokens=args.max_tokens)
            print(f"**{question}** {result.metrics.compressed_tokens} of {result.metrics.original_tokens:,} tokens\n")
            print("\n".join(f"    {line}".rstrip() for line in result.text.splitlines()) + "\n")


if __name__ == "__main__":
    main()
