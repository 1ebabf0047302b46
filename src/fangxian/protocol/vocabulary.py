"""What the words of packs are called, in the reader's language."""

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from fangxian.protocol.values import Days, Other, Quantity, Range, Span

Names = Mapping[str, str | Promise]

SUBJECTS: Names = {
    "close_contact": gettext_lazy("Close contacts"),
    "secondary_contact": gettext_lazy("Contacts of contacts"),
    "infected": gettext_lazy("Infected people"),
    "high_risk_resident": gettext_lazy("Residents of a high-risk or lockdown area"),
    "high_risk_leaver": gettext_lazy("People who left a high-risk area"),
    "medium_risk_leaver": gettext_lazy("People who left a medium-risk area"),
    "low_risk_leaver": gettext_lazy("People who left a low-risk area"),
    "inbound_traveller": gettext_lazy("Travellers from abroad"),
    "high_risk_post": gettext_lazy("People at high-risk posts after their closed loop"),
}
STAGES: Names = {
    "central_quarantine": gettext_lazy("%(span)s in central quarantine"),
    "home_quarantine": gettext_lazy("%(span)s in home quarantine"),
    "home_monitoring": gettext_lazy("%(span)s of home monitoring"),
    "self_monitoring": gettext_lazy("%(span)s of self-monitoring"),
    "hospital": gettext_lazy("in hospital, reviewed after %(span)s"),
}
COUNTED_FROM: Names = {
    "last_contact": gettext_lazy("the last contact"),
    "leaving_area": gettext_lazy("leaving the area"),
    "area_declared": gettext_lazy("the declaration of the area"),
    "entry": gettext_lazy("entry"),
    "end_of_post": gettext_lazy("the end of the closed loop"),
    "finding": gettext_lazy("the finding"),
}
GEAR: Names = {
    "suit": gettext_lazy("protective suits"),
    "n95": gettext_lazy("N95 masks"),
    "mask": gettext_lazy("surgical masks"),
    "face_shield": gettext_lazy("face shields"),
    "gloves": gettext_lazy("gloves"),
    "inner_gloves": gettext_lazy("inner gloves"),
    "shoe_covers": gettext_lazy("shoe covers"),
}
GEARED: Names = {
    "sampler": gettext_lazy("sampler"),
    "quarantine": gettext_lazy("quarantine site"),
    "any": gettext_lazy("everybody else"),
}
SWABS: Names = {
    "nasopharyngeal": gettext_lazy("nasopharyngeal"),
    "oropharyngeal": gettext_lazy("oropharyngeal"),
}
CODES: Names = {
    "by_local_rule": gettext_lazy("red or yellow by local rule"),
    "assigned": gettext_lazy("assigned for the time of the measure"),
    "none": gettext_lazy("not changed"),
}
SCOPES: Names = {
    "members": gettext_lazy("the members stay in place"),
    "stairwell": gettext_lazy("the stairwell is held"),
    "compound": gettext_lazy("the members stay in place and the compound is held"),
    "none": gettext_lazy("nobody is held"),
}
UNITS: Names = {
    "household": gettext_lazy("household"),
    "floor": gettext_lazy("floor"),
    "unit": gettext_lazy("stairwell"),
    "building": gettext_lazy("building"),
    "compound": gettext_lazy("compound"),
    "area": gettext_lazy("area found by investigation"),
    "district": gettext_lazy("rest of the district"),
}
ZONE_MEASURES: Names = {
    "area_closed": gettext_lazy("the area is closed"),
    "stay_home": gettext_lazy("stay at home"),
    "door_service": gettext_lazy("door-to-door service"),
    "no_leaving_area": gettext_lazy("do not leave the area"),
    "staggered_pickup": gettext_lazy("fetch goods at staggered times"),
    "no_gathering": gettext_lazy("no gatherings"),
    "limit_gathering": gettext_lazy("gatherings are limited"),
    "avoid_gathering": gettext_lazy("avoid gatherings"),
    "personal_protection": gettext_lazy("personal protection"),
}
DECLARED_BY: Names = {
    "approval": gettext_lazy("approval of the command post"),
    "system": gettext_lazy("the system, with the areas above it"),
}
RECEIVERS: Names = {
    "sampling_squad": gettext_lazy("emergency sampling squad"),
    "community": gettext_lazy("community"),
    "police": gettext_lazy("police"),
    "ambulance": gettext_lazy("120 with a negative-pressure ambulance"),
    "hospital": gettext_lazy("receiving hospital"),
    "investigators": gettext_lazy("investigation group"),
    "command": gettext_lazy("command office"),
}
CRITERIA: Names = {
    "household": gettext_lazy("lives in the same room"),
    "care": gettext_lazy("cared for or treated the case"),
    "aerosol_procedure": gettext_lazy("same space during an aerosol procedure"),
    "office_lift_canteen_classroom": gettext_lazy(
        "near in an office, workshop, lift, canteen or classroom"
    ),
    "dining_entertainment": gettext_lazy("dined or played in the same closed space, or served"),
    "visit": gettext_lazy("visited the case"),
    "vehicle": gettext_lazy("same vehicle within 1 m, or companion"),
    "contaminated_place": gettext_lazy("exposed to a contaminated place"),
    "field_judgement": gettext_lazy("judged so in the field"),
    "face_to_face": gettext_lazy("face to face, near and long enough"),
    "physical_contact": gettext_lazy("direct physical contact"),
}
SYMPTOMS: Names = {
    "fever": gettext_lazy("fever"),
    "dry_cough": gettext_lazy("dry cough"),
    "fatigue": gettext_lazy("fatigue"),
    "sore_throat": gettext_lazy("sore throat"),
    "smell_or_taste_loss": gettext_lazy("loss of smell or taste"),
    "nasal_congestion": gettext_lazy("nasal congestion"),
    "runny_nose": gettext_lazy("runny nose"),
    "conjunctivitis": gettext_lazy("conjunctivitis"),
    "muscle_pain": gettext_lazy("muscle pain"),
    "diarrhoea": gettext_lazy("diarrhoea"),
    "breathing_difficulty": gettext_lazy("breathing difficulty"),
}
ROLES: Names = {
    "point_lead": gettext_lazy("point lead"),
    "registrar": gettext_lazy("registrar"),
    "sampler": gettext_lazy("sampler"),
    "sampler_assistant": gettext_lazy("sampler's assistant"),
    "marshal": gettext_lazy("marshal"),
    "packer": gettext_lazy("packer and counter"),
    "disinfector": gettext_lazy("disinfection and waste"),
    "it_support": gettext_lazy("IT support"),
    "security": gettext_lazy("security"),
    "runner": gettext_lazy("runner"),
    "isolation_guard": gettext_lazy("guard of the temporary isolation"),
    "volunteer": gettext_lazy("volunteer"),
}
POSTS: Names = {
    "port": gettext_lazy("port"),
    "cold_chain": gettext_lazy("cold-chain front line"),
    "quarantine_site": gettext_lazy("quarantine site"),
    "designated_hospital": gettext_lazy("designated hospital"),
    "sampler": gettext_lazy("sampler"),
    "courier": gettext_lazy("courier"),
    "supermarket": gettext_lazy("supermarket"),
    "market": gettext_lazy("market"),
    "pharmacy": gettext_lazy("pharmacy"),
    "transport": gettext_lazy("transport"),
    "hospital": gettext_lazy("ordinary hospital"),
    "rural_shop": gettext_lazy("rural shop"),
}
POOLS: Names = {
    "quarantine": gettext_lazy("quarantine sites"),
    "key_person": gettext_lazy("key people"),
    "close_contact": gettext_lazy("close contacts"),
    "fever": gettext_lazy("fever patients"),
    "lockdown": gettext_lazy("lockdown areas"),
    "household": gettext_lazy("one household"),
    "control": gettext_lazy("restricted areas"),
    "precaution": gettext_lazy("precautionary areas"),
    "high": gettext_lazy("high-risk areas"),
    "medium": gettext_lazy("medium-risk areas"),
    "low": gettext_lazy("low-risk areas"),
    "general": gettext_lazy("everybody else, first round"),
}
TIME_LIMITS: Names = {
    "report.case_network_direct": gettext_lazy("Direct network report of a case"),
    "report.cdc_review": gettext_lazy("Review of the report by the CDC"),
    "transfer.infected_to_hospital": gettext_lazy("Infected person to hospital"),
    "transfer.close_contact": gettext_lazy("Transfer of a close contact"),
    "transfer.secondary_contact": gettext_lazy("Transfer of a contact of a contact"),
    "investigation.core_tracks": gettext_lazy("Core tracks of a case"),
    "investigation.first_report": gettext_lazy("First investigation report"),
    "investigation.basic_case_info": gettext_lazy("Basic information on a case"),
    "coordination.landed_check": gettext_lazy("Follow-up request checked on the spot"),
    "coordination.controlled": gettext_lazy("Person of a follow-up request under measures"),
    "coordination.other_region_data": gettext_lazy("Data on people of other regions"),
    "flow.task_list_cycle": gettext_lazy("New task list of the investigation"),
    "flow.task_dispatched": gettext_lazy("Investigation task dispatched"),
    "flow.movement_radius_limited": gettext_lazy("Radius of movement limited"),
    "flow.track_traced": gettext_lazy("Track traced"),
    "pool_positive.single_retest_done": gettext_lazy("Single retest of a positive pool"),
    "sampling_point.open_after_order": gettext_lazy("Sampling point open after the order"),
    "sample.to_lab": gettext_lazy("Sample at the laboratory"),
    "result.pooled": gettext_lazy("Result of a pool"),
    "result.single": gettext_lazy("Result of a single test"),
    "result.suspect": gettext_lazy("Result of a suspected case"),
    "publicity.first_release": gettext_lazy("First release to the public"),
    "publicity.first_release_latest": gettext_lazy("First release to the public, at the latest"),
    "hotline.epidemic_item": gettext_lazy("Hotline request about the epidemic closed"),
    "code.person_valid": gettext_lazy("A personal code is valid"),
    "tracing.contacts_traced": gettext_lazy("Contacts of a case traced"),
    "outbreak.detected": gettext_lazy("Outbreak detected"),
    "outbreak.notified": gettext_lazy("Outbreak notified"),
    "outbreak.early_actions_done": gettext_lazy("Early actions completed"),
}
EVIDENCE: Names = {
    "told": gettext_lazy("what the person told somebody who reached them"),
    "declared": gettext_lazy("what the person declared"),
}
GRADES: Names = {
    "A": gettext_lazy("A: official text, or press carrying it"),
    "B": gettext_lazy("B: local notice or press"),
    "C": gettext_lazy("C: page repeating a rule"),
    "unverified": gettext_lazy("unverified"),
}


def name(names: Names, word: str) -> str:
    """The word itself where a district's own pack uses one that has no name here."""
    return str(names.get(word, word))


def between_words() -> str:
    return pgettext("between the words of a list", ", ")


def between_phrases() -> str:
    return pgettext("between the phrases of a list", "; ")


def listed(names: Names, words: Iterable[str]) -> str:
    return between_words().join(name(names, word) for word in words)


def phrased(names: Names, words: Iterable[str]) -> str:
    return between_phrases().join(name(names, word) for word in words)


def in_time(number: float, unit: str) -> str:
    match unit:
        case "d":
            said = ngettext("%(n)s day", "%(n)s days", int(number))
        case "h":
            said = ngettext("%(n)s hour", "%(n)s hours", int(number))
        case "min":
            said = ngettext("%(n)s minute", "%(n)s minutes", int(number))
        case _other:
            said = {
                "people": ngettext("%(n)s person", "%(n)s people", int(number)),
                "person-times": _("%(n)s person-times"),
                "tables": ngettext("%(n)s table", "%(n)s tables", int(number)),
                "people/h": _("%(n)s people an hour"),
                "rooms": ngettext("%(n)s room", "%(n)s rooms", int(number)),
                "rounds": ngettext("%(n)s round", "%(n)s rounds", int(number)),
                "rows": ngettext("%(n)s row", "%(n)s rows", int(number)),
                "floors": ngettext("%(n)s floor", "%(n)s floors", int(number)),
                "swabs": ngettext("%(n)s swab", "%(n)s swabs", int(number)),
                "passages": ngettext("%(n)s passage", "%(n)s passages", int(number)),
                "pieces": ngettext("%(n)s piece", "%(n)s pieces", int(number)),
                "shifts": ngettext("%(n)s shift", "%(n)s shifts", int(number)),
                "pairs": ngettext("%(n)s pair", "%(n)s pairs", int(number)),
                "calls": ngettext("%(n)s call", "%(n)s calls", int(number)),
                "tests": ngettext("%(n)s test", "%(n)s tests", int(number)),
                "times/d": _("%(n)s times a day"),
                "day": _("day %(n)s"),
                "h of day": _("%(n)s:00"),
                "years": ngettext("%(n)s year", "%(n)s years", int(number)),
                "s": _("%(n)s seconds"),
            }.get(unit, "%(n)s " + unit.replace("%", "%%"))
    return said % {"n": f"{number:,}"}


def figure(number: Span | Quantity | Range | Days | Other) -> str:
    """The number with its unit, as people say it."""
    if isinstance(number, Days):
        return on_days(number.on)
    if isinstance(number, Range):
        return _between(number.low, number.high, number.unit)
    if not isinstance(number, Other):
        return in_time(number.value, number.unit)
    if number.on:
        return on_days(number.on)
    if number.low is not None and number.high is not None:
        return _between(number.low, number.high, number.unit)
    return in_time(number.value or 0, number.unit)


def _between(low: float, high: float, unit: str) -> str:
    if low == high:
        return in_time(low, unit)
    return _("%(low)s to %(high)s") % {"low": f"{low:,}", "high": in_time(high, unit)}


def on_days(days: Iterable[int]) -> str:
    numbers = [str(day) for day in days]
    text = ngettext("on day %(days)s", "on days %(days)s", len(numbers))
    return text % {"days": between_words().join(numbers)}


CARE: Names = {
    "life_threatening": gettext_lazy("life-threatening"),
    "labour": gettext_lazy("labour"),
    "other_care": gettext_lazy("other care"),
    "regular_treatment": gettext_lazy("regular treatment"),
    "not_urgent": gettext_lazy("not urgent"),
    "ambulance": gettext_lazy("ambulance (120)"),
    "street_car": gettext_lazy("car of the street"),
    "own_car": gettext_lazy("own car"),
    "community_medic": gettext_lazy("a medic comes"),
    "dialysis": gettext_lazy("dialysis"),
    "pregnancy": gettext_lazy("pregnancy"),
    "newborn": gettext_lazy("newborn"),
    "cancer_treatment": gettext_lazy("radio- or chemotherapy"),
    "chronic_disease": gettext_lazy("chronic disease"),
    "lone_elderly": gettext_lazy("elderly person living alone"),
    "disability": gettext_lazy("disability"),
    "child_alone": gettext_lazy("child alone"),
    "mental_illness": gettext_lazy("mental illness"),
    "sight": gettext_lazy("visual impairment"),
}
