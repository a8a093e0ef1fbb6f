"""The neutral words adtrack ships for the instruments, and the lines their owners ask for.

Short labels only: the instruments' own texts belong to their owners. A clinic that holds a licence loads them
(models.InstrumentEdition); where it did, they stand in place of these, by the same keys.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from patients.scoring import easi, itch, poem, viga
from patients.scoring.bands import Band, band_of
from patients.scoring.change import EASI_STEPS
from patients.scoring.easi import Region, Sign
from patients.scoring.poem import Change, Question

REGIONS: dict[Region, Any] = {
    Region.HEAD_NECK: _("Head and neck"),
    Region.UPPER_LIMBS: _("Upper limbs"),
    Region.TRUNK: _("Trunk"),
    Region.LOWER_LIMBS: _("Lower limbs"),
}
REGION_HELP: dict[Region, Any] = {
    Region.HEAD_NECK: _("with scalp and face"),
    Region.UPPER_LIMBS: _("with hands"),
    Region.TRUNK: _("with axillae, groin and genitals"),
    Region.LOWER_LIMBS: _("with buttocks and feet"),
}
SIGNS: dict[Sign, Any] = {
    Sign.REDNESS: _("Redness"),
    Sign.THICKNESS: _("Thickness"),
    Sign.SCRATCHING: _("Scratching"),
    Sign.LICHENIFICATION: _("Lichenification"),
}
AREA = _("Area")
# What part of the region is affected.
AREA_RANGES = ["0", "1–9", "10–29", "30–49", "50–69", "70–89", "90–100"]
SIGN_LEVELS: dict[str, Any] = {
    "0": _("none"),
    "1": _("mild"),
    "1.5": _("mild to moderate"),
    "2": _("moderate"),
    "2.5": _("moderate to severe"),
    "3": _("severe"),
}
BANDS: dict[Band, Any] = {
    Band.CLEAR: _("clear"),
    Band.ALMOST_CLEAR: _("almost clear"),
    Band.MILD: _("mild"),
    Band.MODERATE: _("moderate"),
    Band.SEVERE: _("severe"),
    Band.VERY_SEVERE: _("very severe"),
}
POEM_BANDS: dict[Band, Any] = BANDS | {Band.CLEAR: _("clear or almost clear")}
ITCH_BANDS: dict[Band, Any] = BANDS | {Band.MILD: _("none or mild")}
VIGA_LEVELS: list[Any] = [_("0 Clear"), _("1 Almost clear"), _("2 Mild"), _("3 Moderate"), _("4 Severe")]
QUESTIONS: dict[Question, Any] = {
    Question.ITCH: _("Itch"),
    Question.SLEEP: _("Disturbed sleep"),
    Question.BLEEDING: _("Bleeding"),
    Question.WEEPING: _("Weeping or oozing"),
    Question.CRACKING: _("Cracks"),
    Question.FLAKING: _("Flaking"),
    Question.DRYNESS: _("Dryness or roughness"),
}
DAYS: list[Any] = [_("No days"), _("1–2 days"), _("3–4 days"), _("5–6 days"), _("Every day")]
POEM_CHANGES: dict[Change, Any] = {
    Change.WITHIN_ERROR: _("not beyond what the questionnaire can tell"),
    Change.PROBABLY_IMPORTANT: _("probably important"),
    Change.VERY_LIKELY_IMPORTANT: _("very likely important"),
}
EASI_RESPONSES: dict[int, str] = {step: f"EASI-{step}" for step in EASI_STEPS}
WEIGHT_SETS: dict[str, Any] = {"under_8": _("weights under 8 years"), "from_8": _("weights from 8 years")}

# Shown wherever the instrument is (reference of sources: docs/clinical-safety.md).
CREDITS: dict[str, Any] = {
    "easi": _("EASI: Hanifin et al. 2001. Bands: Leshem et al. 2015."),
    "viga_ad": _("vIGA-AD™: Copyright ©2017 Eli Lilly and Company. Short labels only."),
    "poem": _("POEM: © The University of Nottingham. Short labels only; the wording of the questionnaire is not shown."),
    "itch": _("Worst itch of the past 24 hours, 0 to 10. Bands as in the clinical reference."),
    "tarc": _("Limits by age: Japanese laboratories (Fujisawa 2005); they belong to those assays."),
}

# What an edition can put in place of the short labels.
TEXT_KEYS: dict[str, list[str]] = {
    "easi": [],
    "viga_ad": ["introduction", *(f"level_{level}" for level in range(5))],
    "poem": ["introduction", *(f"question_{question.value}" for question in Question), *(f"answer_{n}" for n in range(5))],
    "itch": ["introduction", "lowest", "highest"],
}


def bands_in_words(instrument: str) -> dict[str, str]:
    """Every band of an instrument with its word, looked up once for a page of scores."""
    among = {"poem": POEM_BANDS, "itch": ITCH_BANDS}.get(instrument, BANDS)
    return {band.value: str(word) for band, word in among.items()}


def band_word(instrument: str, band: str) -> str:
    """The word for a stored band of an instrument; nothing for none."""
    among = {"poem": POEM_BANDS, "itch": ITCH_BANDS}.get(instrument, BANDS)
    return str(among[Band(band)]) if band else ""


def level_word(instrument: str, value: Decimal | int) -> str:
    """The word for a total of an instrument."""
    if instrument == "easi":
        return band_word(instrument, band_of(value, easi.STRATA))
    if instrument == "poem":
        return band_word(instrument, band_of(value, poem.STRATA))
    if instrument == "itch":
        return band_word(instrument, itch.band(int(value)))
    return band_word(instrument, viga.band(int(value)))
