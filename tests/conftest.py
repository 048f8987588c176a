"""What every test may ask for: the same cases on the CPU, on the strict stand-in for a GPU, and on a GPU."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # tests run side by side: no product takes every core for itself

import pytest
import textual._wait

from engine.device import Device, DeviceError, open_device
from tests.engine.strict import Strict, guard

# After each key a test waits until the process rests. Five milliseconds tell that as well as Textual's twenty.
textual._wait.SLEEP_GRANULARITY = 0.005
textual._wait.SLEEP_IDLE = 0.001


DEAR = {
    "tree": (
        "test_training_comes_back_to_the_bit_and_nothing_is_recomputed",
        "test_no_text_names_a_symbol_that_its_lesson_does_not_have",
        "test_without_a_checkpoint_all_is_recomputed",
        "test_drawers_languages_and_checks",
        "test_the_panels_differ_where_a_second_view_is_declared_and_only_there",
    ),
    "memory": (
        "test_the_gradient_check_agrees_and_finds_a_wrong_one",
        "test_a_state_of_another_size_is_refused_for_its_size",
    ),
    "translate": (
        "test_the_gradient_check_agrees_and_finds_a_wrong_one",
        "test_no_text_names_a_symbol_that_its_lesson_does_not_have",
        "test_training_comes_back_to_the_bit_and_nothing_is_recomputed",
    ),
    "word2vec": (
        "test_everything_is_computed_at_other_knobs",
        "test_a_state_of_another_size_is_refused_for_its_size",
        "test_no_text_names_a_symbol_that_its_lesson_does_not_have",
        "test_a_shown_address_leads_to_what_it_names",
        "test_there_and_back_at_every_grain",
    ),
    "timeline": (
        "test_a_law_of_what_a_step_did_is_in_sight",
        "test_predictions_are_asked_and_their_truth_is_one_of_the_options",
        "test_everything_is_computed_at_other_knobs",
        "test_everything_is_computed",
        "test_everything_is_computed_after_an_edit_and_in_training",
        "test_a_state_goes_out_and_comes_in",
        "test_there_and_back_at_every_grain",
        "test_what_is_always_whole_is_shown_whole",
        "test_every_rule_gives_its_step",
        "test_sections_are_as_long_as_they_say",
        "test_the_panels_differ_where_a_second_view_is_declared_and_only_there",
        "test_a_shown_address_leads_to_what_it_names",
        "test_every_formula_in_numbers_gives_its_value",
        "test_the_device_changes_nothing",
        "test_every_place_is_finer_than_what_it_stands_in",
        "test_a_small_screen_says_how_the_text_is_shown",
        "test_texts_and_panels_at_every_position",
        "test_json_is_plain_and_steps_are_printed",
        "test_no_answer_is_on_the_screen_while_it_is_asked",
        "test_no_loop_but_that_of_timesteps_begins_at_0_on_the_screen",
    ),
    "rivals": (
        "test_a_shown_address_leads_to_what_it_names",
        "test_every_rule_gives_its_step",
        "test_there_and_back_at_every_grain",
    ),
    "music": (
        "test_the_gradient_check_agrees_and_finds_a_wrong_one",
        "test_a_state_of_another_size_is_refused_for_its_size",
    ),
    "caption": (
        "test_no_answer_is_on_the_screen_while_it_is_asked",
        "test_everything_is_computed_at_other_knobs",
        "test_everything_is_computed",
        "test_everything_is_computed_after_an_edit_and_in_training",
        "test_a_state_of_another_size_is_refused_for_its_size",
        "test_what_json_says_of_them",
        "test_a_place_that_was_left_has_the_language_it_was_begun_in",
        "test_the_panels_differ_where_a_second_view_is_declared_and_only_there",
        "test_a_symbol_holds_there_what_it_holds_after_the_first_section",
        "test_drawers_languages_and_checks",
        "test_there_and_back_at_every_grain",
        "test_no_text_names_a_symbol_that_its_lesson_does_not_have",
        "test_training_comes_back_to_the_bit_and_nothing_is_recomputed",
        "test_without_a_checkpoint_all_is_recomputed",
        "test_no_symbol_of_the_first_notation_is_left_on_a_screen",
    ),
    "convolution": (
        "test_there_and_back_at_every_grain",
        "test_a_shown_address_leads_to_what_it_names",
    ),
    "generate": (
        "test_texts_and_panels_at_every_position",
        "test_every_formula_in_numbers_gives_its_value",
        "test_a_place_that_was_left_has_the_language_it_was_begun_in",
        "test_there_and_back_at_every_grain",
        "test_a_state_of_another_size_is_refused_for_its_size",
        "test_what_json_says_of_them",
        "test_an_edit_by_notches_moves_what_follows",
        "test_sections_are_as_long_as_they_say",
        "test_a_knob_changed_alone_gives_the_start_of_a_lesson_opened_with_it",
        "test_everything_is_computed_at_other_knobs",
        "test_everything_is_computed",
        "test_everything_is_computed_after_an_edit_and_in_training",
        "test_every_symbol_is_explained",
        "test_what_is_always_whole_is_shown_whole",
        "test_the_gradient_check_agrees_and_finds_a_wrong_one",
        "test_every_rule_gives_its_step",
        "test_a_symbol_holds_there_what_it_holds_after_the_first_section",
        "test_without_a_checkpoint_all_is_recomputed",
        "test_json_is_plain_and_steps_are_printed",
        "test_escape_never_leaves_the_lesson",
        "test_keys_that_go_on_never_change_the_record",
        "test_training_comes_back_to_the_bit_and_nothing_is_recomputed",
        "test_no_symbol_of_the_first_notation_is_left_on_a_screen",
        "test_a_law_of_what_a_step_did_is_in_sight",
        "test_the_device_changes_nothing",
    ),
    "negative-sampling": (
        "test_a_shown_address_leads_to_what_it_names",
        "test_there_and_back_at_every_grain",
    ),
}
"""Laws over all lessons that walk a whole one: of a lesson whose steps train models, or are thousands, exhaustive."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a test with representatives, all other ids are exhaustive; of a dear lesson, what walks it whole."""
    for item in items:
        name, _, ids = item.name.partition("[")
        if any(name in laws and f"-{lesson}-" in f"-{ids.rstrip(']')}-" for lesson, laws in DEAR.items()):
            item.add_marker("exhaustive")
        mark = item.get_closest_marker("representative")
        case = item.nodeid.partition("[")[2].removesuffix("]")
        if mark is not None and not any(fnmatch(case, pattern) for pattern in mark.args):
            item.add_marker("exhaustive")


@pytest.fixture(params=["cpu", "strict", pytest.param("gpu", marks=pytest.mark.gpu)])
def device(request: Any, monkeypatch: pytest.MonkeyPatch) -> Device:
    """Each device in turn; a GPU that is not here is a visible skip."""
    if request.param == "strict":
        strict = Strict()
        guard(monkeypatch, strict)
        return strict
    try:
        return open_device(request.param)
    except DeviceError as error:
        pytest.skip(str(error))


@pytest.fixture(autouse=True)
def speech() -> Iterator[None]:
    """What a command that ran in this process spoke is no other test's language."""
    yield
    common = sys.modules.get("tui.cli.common")
    if common is not None and common.spoken["lang"]:
        common.speak("")
