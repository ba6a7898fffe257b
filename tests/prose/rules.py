"""The house rules: a pattern, advice, and two sentences of which the rule finds the first and every rule passes the second."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A turn of phrase that is not idiomatic. `now` is found, `better` is not, by this rule or any other."""

    pattern: str
    advice: str
    now: str
    better: str
    headings: bool = True  # whether it holds for headings too

    @property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern)


# Passages are single lines: whatever white space the source has is one space. `\u2308code\u2309` stands for code between
# backticks, `{}` for what a program fills in.
RULES = (
    Rule(
        r"\btook (?:so long|what (?:it|they) took)|\bwhy (?:it|they) took",
        "name what is reported: how the verdicts were reached, where the time went",
        "why it took what it took",
        "How the verdicts were reached",
    ),
    Rule(
        r"\b(?:be|is|are|was|were) (?:no|old) news\b",
        'say what it tells the reader: "says nothing about"',
        "as a property that cannot fail would be no news",
        "because a property that cannot fail says nothing about the protocol",
    ),
    Rule(
        r"\botherwise than\b|\b(?:is|are|was|were) otherwise\b(?! \w+ed\b)|\b(?:decide|answer|end)(?:s|ed)? otherwise\b",
        '"differs from"',
        "What is otherwise than in the last run",
        "What differs from the previous run",
    ),
    Rule(
        r"(?<!\bthere )(?<!\bThere )(?<!\bthere, )\b(?:is|are|was|were) no (?!longer\b|more\b|less\b|fewer\b|later\b|earlier\b"
        r"|greater\b|larger\b|smaller\b|better\b|worse\b|other\b|different\b|doubt\b)[a-z]",
        '"is not a", or "no ... is"',
        "What an exhaustive search counted is no text that a solver could check; \u2308verify check\u2309 searches again.",
        "An exhaustive search leaves nothing for a solver to re-check, so \u2308verify check\u2309 repeats the search.",
    ),
    Rule(
        r"(?:^|[.:;] )What (?!.*\?)",
        "start with the subject itself",
        "What is looked at and has no value in a reachable state is a mistake in the model",
        "Evaluating an expression that has no value in a reachable state is an error in the model",
        headings=False,
    ),
    Rule(
        r"(?:^|[.;] )Who (?!(?:(?!\.).)*\?)",
        "name the subject: a server that ..., whoever ...",
        "Who has committed stays committed.",
        "A resource manager that has committed stays committed.",
    ),
    Rule(
        r"\bat (?:your|the model's|their|its own|the user's) (?:own )?line\b|\blooks? right in\b|\bnot right in\b",
        '"with the offending line"',
        "What looks right in Python and is not right in the language is refused when the file is loaded, at your line",
        "Python constructs that the language cannot support are rejected on load, with the offending line",
    ),
    Rule(
        r"\b(?:executed|decided|looked at) again\b|\bbefore you see (?:it|them)\b(?! )",
        '"re-executed", "re-checked"; say first that it happens before the answer is shown',
        "Each violation has been executed again by an independent evaluator, each proof decided again in a fresh solver, "
        "before you see it.",
        "Before you see them, counterexamples are re-executed by an independent evaluator "
        "and proofs re-checked in a fresh solver.",
    ),
    Rule(
        r"\bNot there\b|\b(?:is|are) not there\b",
        '"Not supported", "does not exist", "is missing"',
        "Not there: recursion",
        "Not supported: recursion",
    ),
    Rule(
        r"\b(?:still )?open of\b|(?:\d|\}) contradicted\b",
        'say what needs attention: "6 of 18 checks need attention: 4 unexpected, 2 undecided"',
        "4 contradicted, 2 still open of 18 obligations",
        "6 of 18 checks need attention: 4 unexpected, 2 undecided",
    ),
    Rule(
        r"\buses? \S+ of (?:its|the|a) budget\b|; budget (?:\d|\{)",
        '"hit its 5 s limit", "took 4.1 s of its 5 s limit"',
        "uses 102% of its budget; budget 5.0 s",
        "hit its 5 s limit",
    ),
    Rule(
        r", given to\b",
        "show the whole command",
        "--drop ACTION.NAME, given to verify prove, shows how it breaks",
        "To see one break: verify prove two_phase_commit.py --drop TMCommit.all-prepared",
    ),
    Rule(
        r"\b(?:at (?:least|most)|exactly|only|in|after|within|than|by) 1 [a-z]+[a-rt-z]s\b"
        r"|(?<!- )\b1 (?:members|steps|states|properties"
        r"|files|lemmas|runs|proofs|obligations|checks|errors|warnings|protocols|entries)\b",
        "singular after 1",
        "at least 1 members",
        "at least 1 member",
    ),
    Rule(
        r"(?:^|[;,:] )such as verify\b",
        '"try: verify list"',
        "such as verify list, or verify prove composed",
        "try: verify list",
    ),
    Rule(r"\b[Aa]new\b|\b[Aa]fresh\b", '"again", "re-"', "the page is made anew", "the page is written again"),
    Rule(
        r"\btold\b(?! apart)",
        '"prints", "says", "reports"; a process receives a message',
        "what the user is told about an exception",
        "the message for an exception",
    ),
    Rule(
        r"\b[Tt]ells? (?:how|why|what|whether|which|of|on which|so|nothing)\b",
        '"says", "shows"',
        "Tell why each verdict was reached.",
        "Show how each verdict was reached.",
    ),
    Rule(r"\bdear(?:er|est)?\b", '"expensive", "costly"', "the dear efforts come last", "expensive steps run last"),
    Rule(
        r"\b(?:is|are|was|were|been|be|being) (?:only |never |not )?looked at\b",
        '"is evaluated", "is examined"',
        "only the chosen side is looked at",
        "only the chosen branch is evaluated",
    ),
    Rule(
        r"\b(?:has|have|had) (?:come|become) of\b|\b(?:becomes?|became|become) of\b",
        '"the result of", "what happens to"',
        "what has come of those before",
        "the result for the elements before it",
    ),
    Rule(
        r"\b(?:says?|said|saying|speaks?|spoken|speaking|asserts?) of\b|\basks?(?:ed)? of\b",
        '"says about", "states that", "refers to", "asks whether"',
        "What is in a queue is said of its places",
        "State a fact about a queue in terms of its positions",
    ),
    Rule(
        r"\b(?:comes?|came) to no end\b|\bin no end\b",
        '"did not finish", "timed out"',
        "a tool that came to no end in 10 seconds",
        "a tool that did not finish within 10 seconds",
    ),
    Rule(
        r"\bof (?:itself|themselves)\b(?= (?:alone )?(?:[.,;]|is\b|in\b)|[.,;]|$)",
        '"about itself", "by itself"',
        "what the file says about it of itself.",
        "The file's own description.",
    ),
    Rule(r"\bat hand\b", '"available", "current"', "the protocols at hand", "the available protocols"),
    Rule(
        r"\bfor want of\b",
        '"without", "for lack of"',
        "it fails for want of fairness",
        "it fails only without fairness",
    ),
    Rule(r"\bfor who\b", '"for whoever", or name them', "for who asks for it", "on request"),
    Rule(
        r"\b[Ll]ook(?:s|ed)? whether\b",
        '"check whether"',
        "first look whether it is a helper",
        "first check whether it is a helper",
    ),
    Rule(
        r", and no more\b(?! than)",
        '"nothing more", or "only"',
        "that no run violates it, and no more",
        "only that no run violates it",
    ),
    Rule(
        r"\b(?:one|at most one|most one) [a-z]+,? a (?:term|round|step|state|line|page|second|slot|epoch)\b|, one a [a-z]+",
        '"per"',
        "leaders are elected, one a term",
        "leaders are elected, one per term",
    ),
    Rule(
        r"\bbehind (?:the|its|their) (?:end|last)\b",
        '"past the end"',
        "the elements behind the end",
        "the elements past the end",
    ),
    Rule(
        r"\b(?:there(?:with|upon|of|from|unto)|where(?:of|with|upon|in|unto)|hitherto|thereto|herewith)\b",
        "use a plain word",
        "the state whereof the trace ends",
        "the last state of the trace",
    ),
    Rule(
        r"\b(?:is|are) (?:refused|rejected) (?:with|at) the line\b",
        '"is rejected, with the offending line"',
        "such a model is refused with the line",
        "such a model is rejected, with the offending line",
    ),
    Rule(
        r"\b[Tt]hat what\b|\b[Oo]f what is\b|\b[Ww]ith what is\b",
        "name the thing",
        "a list of what is open",
        "a list of open properties",
    ),
    Rule(
        r"\bso many as\b|\bso long as\b",
        '"as many as", "as long as"',
        "it runs so long as it can",
        "it runs as long as it can",
    ),
    Rule(
        r"\bin any case\b(?=[.;]|$)",
        '"always"',
        "further arguments are evaluated in any case",
        "further arguments are always evaluated",
    ),
)
