"""``adstudio prompt`` and ``adstudio copy``: the words alone, without drawing anything."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from typing import Any, get_args

from ...errors import InputError
from ...prompt.providers import ProviderChoice, wants_local
from ...types import Side, Tone
from ..local.words import local_writer


def add(commands: Any) -> None:
    """Add both commands to the command line."""
    prompt = commands.add_parser(
        "prompt",
        help="write the English prompt of a picture from a Korean brief",
        description="Prints the prompt; what steered it goes to stderr. With --json, one envelope with its parts.",
    )
    _add_words(prompt)
    prompt.add_argument("--style", default="realistic", help="how the picture is rendered (realistic)")
    prompt.add_argument("--backdrop-only", action="store_true", help="leave the product out, for a composite")
    prompt.add_argument("--copy-space", choices=get_args(Side), help="the side to keep free; read from the brief")
    prompt.add_argument("--variants", type=int, default=1, metavar="N", help="so many rewrites of it (1)")
    prompt.set_defaults(command=run_prompt)
    copy = commands.add_parser(
        "copy",
        help="write the Korean words of an ad: headline, call to action, hashtags, caption",
        description="Prints the copy; claims that the law treats strictly go to stderr. With --json, one envelope.",
    )
    _add_words(copy)
    add_tone(copy, "how it speaks")
    copy.add_argument(
        "--channel", default="", help="where it will appear, for its limits of length; auto: the trade's usual place"
    )
    copy.set_defaults(command=run_copy)


def add_tone(parser: Any, what: str) -> None:
    """Add the option of how copy speaks."""
    names = ", ".join(get_args(Tone))
    parser.add_argument(
        "--tone", default="friendly", type=_tone, metavar="TONE", help=f"{what}: {names}, or its Korean name (friendly)"
    )


def add_service(parser: Any) -> None:
    """Add the options of whoever writes."""
    parser.add_argument(
        "--provider", default="auto", help="who writes prompt and copy: rules, openai, local; auto takes the first"
    )
    parser.add_argument("--language-model", default="", metavar="NAME", help="which model of the provider openai")
    parser.add_argument("--base-url", default="", metavar="URL", help="address of an OpenAI-compatible service")
    parser.add_argument("--fallback", action="store_true", help="let the word lists write where the provider fails")


def add_layout_provider(parser: Any) -> None:
    """Add the options of whoever lays out."""
    parser.add_argument(
        "--layout-provider",
        default="local",
        metavar="NAME",
        help="who lays out: local, openai (a model looks at the picture), or auto: openai where a vision_model is set",
    )
    parser.add_argument(
        "--layout-as-proposed", action="store_true", help="take the model's layout even where the local one scores more"
    )


def run_prompt(options: argparse.Namespace) -> dict[str, Any]:
    """Write the prompts."""
    from ...prompt.processor import write_variants
    from ...prompt.report import author_of, prompt_record

    prompts = write_variants(
        options.brief,
        options.variants,
        industry=options.industry,
        style=options.style,
        backdrop_only=options.backdrop_only,
        copy_space=options.copy_space,
        seed=options.seed,
        provider=_choice(options),
    )
    if not options.json:
        for prompt in prompts:
            sys.stdout.write(f"{prompt.positive}\n")
            _say(options, f"· {author_of(prompt)}", *prompt.notes)
    return {"prompts": [prompt_record(prompt) for prompt in prompts]}


def run_copy(options: argparse.Namespace) -> dict[str, Any]:
    """Write the copy."""
    from ...prompt.processor import write_copy
    from ...prompt.report import author_of, copy_record, describe_flags, post_text
    from ..asked import limits_name

    copy = write_copy(
        options.brief,
        industry=options.industry,
        tone=options.tone,
        channel=limits_name(options.channel),
        seed=options.seed,
        provider=_choice(options),
    )
    if not options.json:
        lines = (copy.headline, copy.sub, copy.call_to_action, post_text(copy))
        sys.stdout.write("\n".join(line for line in lines if line) + "\n")
        _say(options, f"· {author_of(copy)}", *describe_flags(copy), *copy.notes)
    return {"copy": copy_record(copy)}


def _add_words(parser: Any) -> None:
    parser.add_argument("brief", metavar="BRIEF", help="what is advertised, in Korean")
    parser.add_argument("--industry", default="auto", help="kind of shop; read from the brief (auto)")
    parser.add_argument("--seed", type=int, default=0, help="other numbers give other words where the brief is open")
    add_service(parser)
    parser.add_argument(
        "--checkpoint", metavar="NAME", help="for the provider local: whose text encoder writes; its folder or name"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON envelope on stdout")
    parser.add_argument("--quiet", action="store_true", help="no notes")


def _tone(text: str) -> Tone:
    from ...prompt.copy.lines import find_tone

    try:
        return find_tone(text)
    except InputError as error:
        raise argparse.ArgumentTypeError(f"{error.message} {error.hint}") from None


def _choice(options: argparse.Namespace) -> ProviderChoice:
    choice = ProviderChoice(options.provider, options.fallback, options.language_model, options.base_url)
    if not options.checkpoint or not wants_local(choice):  # nobody waits for weights that nobody uses
        return choice
    return replace(choice, local=local_writer(options.checkpoint))


def _say(options: argparse.Namespace, *lines: str) -> None:
    if not options.quiet:
        sys.stderr.write("".join(f"  {line}\n" for line in lines))
