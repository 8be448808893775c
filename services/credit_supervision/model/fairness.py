"""What no item of a scorecard may be called: who somebody is, not what an entity did.

Sources: the regulation on credit reporting (征信业管理条例, 2013) article 14 bars religion, genes,
fingerprints, blood type, disease and medical history; the labour law article 12 and the employment
promotion law articles 27 to 31 民族, 种族, 性别, 宗教信仰, disability, infection and rural
household registration; the personal information protection law article 28 biometrics, religion,
specific identity and health; the election law article 4 家庭出身. German credit's own
``foreign_worker`` and ``personal_status_sex`` are the textbook cases.

A name says what is in a column, and may lie: a list of names is a bar against accidents and
against what is plain, and the table's review by people stands above it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

WORDS: Final = frozenset((
    "race", "racial", "ethnic", "ethnicity", "ethnicities", "minority", "minorities", "nation",
    "nationality", "nationalities", "tribe", "caste", "clan", "descent", "ancestry", "skin",
    "native", "indigenous", "foreigner", "immigrant", "immigration", "migrant", "migration",
    "alien", "citizen", "citizenship", "religion", "religious", "faith", "belief", "creed",
    "church", "mosque", "temple", "family", "families", "kinship", "marital", "marriage",
    "married", "divorced", "widowed", "spouse", "husband", "wife", "child", "children",
    "dependent", "dependents", "dependant", "dependants", "gender", "sex", "sexual", "sexuality",
    "male", "female", "man", "woman", "men", "women", "maternity", "paternity", "pregnant",
    "pregnancy", "age", "birth", "birthplace", "birthday", "birthdate", "born", "dob",
    "disability", "disabled", "handicap", "handicapped", "health", "illness", "disease",
    "medical", "genetic", "genetics", "gene", "genome", "dna", "blood", "fingerprint",
    "biometric", "biometrics", "politics", "political", "party", "huji", "hukou", "jiguan",
    "minzu", "zongjiao", "xingbie", "nianling", "hunyin",
))  # fmt: skip
"""Words that bar a name they stand in as words: "average" has no "age" in it. A plural is barred
with its word."""

PHRASES: Final = (
    "foreignworker", "foreignborn", "personalstatus", "civilstatus", "nationalorigin",
    "countryoforigin", "placeoforigin", "placeofbirth", "dateofbirth", "yearofbirth", "birthplace",
    "nationality", "ethnicity", "ethnicgroup", "citizenship", "religion", "religious", "marital",
    "pregnan", "disabilit", "householdregist", "familybackground", "partymember", "fingerprint",
)  # fmt: skip
"""Letters that bar a name however it is divided: foreign_worker, ForeignWorker, foreignworker."""

HAN: Final = (
    "民族", "种族", "種族", "族裔", "族群", "宗族", "家族", "宗教", "信仰", "教派", "信教",
    "家庭", "出身", "家属", "家屬", "婚姻", "婚育", "婚否", "已婚", "未婚", "离异", "配偶", "子女",
    "生育", "怀孕", "懷孕", "孕期", "性别", "性別", "男女", "性取向", "年龄", "年齡", "出生",
    "生日", "籍贯", "籍貫", "户籍", "戶籍", "户口", "戶口", "原籍", "祖籍", "国籍", "國籍", "外籍",
    "外国人", "外國人", "肤色", "膚色", "血统", "血統", "健康", "疾病", "病史", "残疾", "殘疾",
    "残障", "基因", "血型", "指纹", "指紋", "虹膜", "人脸", "生物识别", "政治面貌", "党派", "黨派",
    "党员", "黨員", "信徒",
)  # fmt: skip
"""Words of Chinese, simplified and traditional, that bar a name with them anywhere."""

_DIVIDED: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LETTERS: Final = re.compile(r"[a-z]+")
_PLAIN: Final = re.compile(r"[a-z0-9 _./-]*")


def problem_of(name: str) -> str | None:
    """Return what in an item's name bars it, or None: "'sex' may not be scored by".

    The name is compared as Unicode's NFKC without case, so that full-width letters are letters; of
    other scripts than Latin without accents and Chinese no name is made, since a letter of one can
    look like one of another.
    """
    wide = unicodedata.normalize("NFKC", name)
    text = unicodedata.normalize("NFKC", wide.casefold())
    odd = next((sign for sign in text if not (_PLAIN.fullmatch(sign) or _is_han(sign))), None)
    if odd is not None:
        return f"U+{ord(odd):04X} stands in no item's name; need Latin letters, digits or Chinese"
    words = set(_LETTERS.findall(_DIVIDED.sub("_", wide).casefold()))
    words |= set(_LETTERS.findall(text))
    letters = re.sub(r"[^a-z]", "", text)
    han = "".join(filter(_is_han, text))
    found = sorted(
        {word for word in words if word in WORDS or word.removesuffix("s") in WORDS}
        | {phrase for phrase in PHRASES if phrase in letters}
        | {word for word in HAN if word in han}
    )
    return f"{found[0]!r} may not be scored by" if found else None


def _is_han(sign: str) -> bool:
    return unicodedata.name(sign, "").startswith("CJK UNIFIED IDEOGRAPH")
