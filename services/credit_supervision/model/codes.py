"""Unified social credit codes (统一社会信用代码, GB 32100-2015) and the older codes in them.

A code is 18 characters: who registered it, what it is, a GB/T 2260 place of six digits, the
organisation code (组织机构代码, GB 11714-1997) with a check character of its own, and a check
character over all. Both are checked here, and all twelve registrars are known; python-stdnum 2.2
wants digits in the first eight places and so refuses those of the army (A), of villages (N) and of
others (Y).
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from typing_extensions import override

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""No I, O, S, V, Z: they look like 1, 0, 5, U, 2."""

LENGTH: Final = 18
MODULUS: Final = 31
WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
"""3^(i-1) mod 31."""

ORGANISATION_LENGTH: Final = 9
ORGANISATION_MODULUS: Final = 11
ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)

REGISTRATION_LENGTH: Final = 15
"""Of a business registration number (工商注册号, GS 15-2006) from before the reform of 2015."""

REGISTRARS: Final = {
    "1": "机构编制",
    "2": "外交",
    "3": "司法行政",
    "4": "文化",
    "5": "民政",
    "6": "旅游",
    "7": "宗教",
    "8": "工会",
    "9": "市场监督管理",
    "A": "军队",
    "N": "农业农村",
    "Y": "其他",
}

KINDS: Final = {"9": "1239", "5": "1239", "N": "1239", "Y": "1"}
"""Second characters by registrar, 9 for others; of registrars not listed any of 1 to 9."""

SELF_EMPLOYED: Final = "92"
"""Begins the codes of self-employed persons (个体工商户)."""

PROVINCES: Final = frozenset(
    f"{region}{number}"
    for region, numbers in {
        1: "012345", 2: "123", 3: "1234567", 4: "123456", 5: "01234", 6: "12345", 7: "1", 8: "12",
    }.items()
    for number in numbers
)  # fmt: skip
"""First two digits of places; 10 is the country itself (100000)."""

_VALUES: Final = {character: value for value, character in enumerate(ALPHABET)}
_TERMS: Final = tuple(
    {character: value * weight for character, value in _VALUES.items()} for weight in WEIGHTS
)
"""What each character adds to the sum at its place: a look-up instead of a product."""
_ORGANISATION_TERMS: Final = tuple(
    {character: int(character, 36) * weight for character in ALPHABET}
    for weight in ORGANISATION_WEIGHTS
)
_ORGANISATION_CHECKS: Final = "0X987654321"
"""By the sum modulo 11: 11 less it, where 10 is written X and 11 is written 0."""
_ANY_KIND: Final = "123456789"


def _by_byte(values: dict[str, int]) -> npt.NDArray[np.int32]:
    """Return values of characters by their ASCII numbers, -1 for all others."""
    table = np.full(256, -1, np.int32)
    for character, value in values.items():
        table[ord(character)] = value
    return table


def _pairs(pairs: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return of which ASCII numbers a pair of characters is made."""
    table = np.zeros((256, 256), bool)
    for pair in pairs:
        table[ord(pair[0]), ord(pair[1])] = True
    return table


_VALUE_OF: Final = _by_byte(_VALUES)
_ORGANISATION_VALUE_OF: Final = _by_byte({c: int(c, 36) for c in ALPHABET})
_ORGANISATION_CHECK_OF: Final = np.frombuffer(_ORGANISATION_CHECKS.encode(), np.uint8)
_IS_KIND: Final = _pairs([f"{r}{k}" for r in REGISTRARS for k in KINDS.get(r, _ANY_KIND)])
_IS_PROVINCE: Final = _pairs(sorted(PROVINCES))


class Wrong(enum.StrEnum):
    """What is wrong with a code; stable, as a report of an import shows it."""

    LENGTH = "CODE_LENGTH"
    CHARACTER = "CODE_CHARACTER"
    REGISTRAR = "CODE_REGISTRAR"
    KIND = "CODE_KIND"
    PLACE = "CODE_PLACE"
    ORGANISATION_CHECK = "CODE_ORGANISATION_CHECK"
    CHECK = "CODE_CHECK"


class InvalidCode(ValueError):
    """A text is no code. ``wrong`` says why; the message, what was expected where."""

    def __init__(self, wrong: Wrong, message: str) -> None:
        super().__init__(message)
        self.wrong = wrong

    @property
    def reason(self) -> str:
        """A stable reason code."""
        return self.wrong.value


@dataclass(frozen=True, order=True)
class CreditCode:
    """A valid unified social credit code."""

    text: str

    @classmethod
    def parse(cls, text: str) -> CreditCode:
        """Return the code; raise InvalidCode. Letters may be small, spaces around it are let go."""
        text = text.strip().upper()
        problem = problem_of(text)
        if problem is not None:
            raise InvalidCode(problem, explain(text, problem))
        return cls(text)

    @property
    def registrar(self) -> str:
        """Who registered it: a key of REGISTRARS."""
        return self.text[0]

    @property
    def place(self) -> str:
        """Where it was registered first, GB/T 2260. It does not change when the entity moves."""
        return self.text[2:8]

    @property
    def organisation(self) -> str:
        """The organisation code in it, nine characters."""
        return self.text[8:17]

    @property
    def is_of_a_person(self) -> bool:
        """Whether it is a self-employed person's (个体工商户): then its name is personal data."""
        return self.text[:2] == SELF_EMPLOYED

    @override
    def __str__(self) -> str:
        return self.text


def problem_of(text: str) -> Wrong | None:  # noqa: PLR0911 - one a thing that can be wrong
    """Return what is wrong with 18 characters in capitals, None for a valid code.

    The places are looked at from the left, the check characters last, so that what is told is what
    a person would mend first.
    """
    if len(text) != LENGTH:
        return Wrong.LENGTH
    try:
        total = sum([terms[c] for terms, c in zip(_TERMS, text, strict=False)])
        check = _VALUES[text[17]]
    except KeyError:
        return Wrong.CHARACTER
    if text[0] not in REGISTRARS:
        return Wrong.REGISTRAR
    if text[1] not in KINDS.get(text[0], _ANY_KIND):
        return Wrong.KIND
    place = text[2:8]
    # isdigit() takes digits of other scripts; those are refused above.
    if not place.isdigit() or place[:2] not in PROVINCES:
        return Wrong.PLACE
    if organisation_check(text[8:16]) != text[16]:
        return Wrong.ORGANISATION_CHECK
    return None if (total + check) % MODULUS == 0 else Wrong.CHECK


def are_valid(texts: Sequence[str]) -> list[bool]:
    """Return of each text whether ``problem_of`` finds nothing, all looked at together."""
    whole = [len(text) == LENGTH and text.isascii() for text in texts]
    joined = "".join([text for text, is_whole in zip(texts, whole, strict=True) if is_whole])
    signs = np.frombuffer(joined.encode("ascii"), np.uint8).reshape(-1, LENGTH)
    values = _VALUE_OF[signs]
    valid = (values >= 0).all(axis=1)
    valid &= (values[:, :17] @ np.array(WEIGHTS, np.int32) + values[:, 17]) % MODULUS == 0
    organisations = _ORGANISATION_VALUE_OF[signs[:, 8:16]] @ np.array(
        ORGANISATION_WEIGHTS, np.int32
    )
    valid &= _ORGANISATION_CHECK_OF[organisations % ORGANISATION_MODULUS] == signs[:, 16]
    valid &= _IS_KIND[signs[:, 0], signs[:, 1]] & _IS_PROVINCE[signs[:, 2], signs[:, 3]]
    valid &= ((signs[:, 2:8] >= ord("0")) & (signs[:, 2:8] <= ord("9"))).all(axis=1)
    found = iter(valid.tolist())
    return [is_whole and next(found) for is_whole in whole]


def explain(text: str, problem: Wrong) -> str:  # noqa: PLR0911 - as above
    """Return what is wrong as a sentence, with what was expected. The code itself is public."""
    match problem:
        case Wrong.LENGTH:
            return f"a code has {LENGTH} characters, this has {len(text)}"
        case Wrong.CHARACTER:
            at, odd = next((n, c) for n, c in enumerate(text, 1) if c not in _VALUES)
            return f"character {at} is {odd!r}; a code has digits and letters but I, O, S, V, Z"
        case Wrong.REGISTRAR:
            return f"character 1 is {text[0]!r}; registrars are {', '.join(REGISTRARS)}"
        case Wrong.KIND:
            kinds = KINDS.get(text[0], _ANY_KIND)
            return f"character 2 is {text[1]!r}; of registrar {text[0]} there are {kinds}"
        case Wrong.PLACE:
            return f"characters 3 to 8 are {text[2:8]!r}, no place of GB/T 2260"
        case Wrong.ORGANISATION_CHECK:
            expected = organisation_check(text[8:16])
            return f"character 17 is {text[16]!r}; the organisation code needs {expected!r}"
        case Wrong.CHECK:
            return f"character 18 is {text[17]!r}; the code needs {check_character(text[:17])!r}"


def check_character(first: str) -> str:
    """Return the last character of a code from its 17 others; KeyError for a foreign character."""
    total = sum(terms[c] for terms, c in zip(_TERMS, first, strict=True))
    return ALPHABET[-total % MODULUS]


def organisation_check(first: str) -> str:
    """Return the check character of an organisation code from its eight others."""
    total = sum([terms[c] for terms, c in zip(_ORGANISATION_TERMS, first, strict=False)])
    return _ORGANISATION_CHECKS[total % ORGANISATION_MODULUS]


def parse_organisation(text: str) -> str:
    """Return an organisation code such as M000100Y-4 as nine characters; raise InvalidCode."""
    plain = text.strip().upper().replace("-", "")
    if len(plain) != ORGANISATION_LENGTH:
        raise InvalidCode(
            Wrong.LENGTH, f"an organisation code has nine characters, this has {len(plain)}"
        )
    odd = next((c for c in plain if c not in _VALUES), "")
    if odd:
        raise InvalidCode(Wrong.CHARACTER, f"{odd!r} does not stand in an organisation code")
    expected = organisation_check(plain[:8])
    if plain[8] != expected:
        raise InvalidCode(Wrong.ORGANISATION_CHECK, f"character 9 must be {expected!r}")
    return plain


def parse_registration(text: str) -> str:
    """Return a business registration number of 15 digits; raise InvalidCode.

    Its last digit is that of ISO 7064, MOD 11,10.
    """
    plain = text.strip()
    if len(plain) != REGISTRATION_LENGTH:
        raise InvalidCode(
            Wrong.LENGTH, f"a registration number has 15 digits, this has {len(plain)}"
        )
    if not (plain.isascii() and plain.isdigit()):
        raise InvalidCode(Wrong.CHARACTER, "a registration number has digits only")
    product = 10
    for digit in plain[:-1]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    if (product + int(plain[-1])) % 10 != 1:
        raise InvalidCode(Wrong.CHECK, f"digit 15 must be {(1 - product) % 10}")
    return plain


def parse_former(text: str) -> str:
    """Return an organisation code, or a registration number where there are 15; see above."""
    is_number = len(text.strip()) == REGISTRATION_LENGTH
    return parse_registration(text) if is_number else parse_organisation(text)


def mask_identity(number: str) -> str:
    """Return a resident's number (GB 11643) with the first six and last four characters alone."""
    return _masked(number, 6, 4)


def mask_phone(number: str) -> str:
    """Return a telephone number with the first three and last four digits alone."""
    return _masked(number, 3, 4)


def _masked(text: str, first: int, last: int) -> str:
    hidden = len(text) - first - last
    # A text that would show whole, or nearly so, is hidden whole.
    return text[:first] + "*" * hidden + text[-last:] if hidden > 0 else "*"
