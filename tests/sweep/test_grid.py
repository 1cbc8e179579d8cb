"""Grids: what they are made of, and every error at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from grids import by_mode, grid, read, row

from vadkit.errors import RecipeError
from vadkit.recipe import shipped_recipes
from vadkit.recipe.diagnostics import ProblemsError
from vadkit.registry.registry import Registry
from vadkit.sweep.grid import find_grid, shipped_grids
from vadkit.sweep.schema import NO_STEP

FOREIGN = 'set = { "data.foreign" = { dataset = "textures" } }'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def _lines(folder: Path, text: str, registry: Registry, **more) -> list[str]:
    """What is wrong, without the file's name."""
    with pytest.raises(ProblemsError) as caught:
        read(folder, text, registry, **more)
    assert caught.value.exit_code == 2
    return [line.replace(f"{folder}/orders.toml", "") for line in caught.value.lines]


def test_progressive_has_a_phase_a_step(folder, registry) -> None:
    _, entries = read(folder, grid("Pre+Rec - Virtual", "sota"), registry)
    (entry,) = by_mode(entries, "progressive")
    phases = entry.cell.recipe.phase
    assert [phase.title for phase in phases] == ["prediction", "reconstruction", "virtual"]
    assert entry.stages == ("perception", "perception", "inference")
    assert entry.row == f"Pre-Rec → {NO_STEP} → Virtual"
    assert (phases[0].epochs, phases[0].steps) == (1, 2)


def test_simultaneous_knows_no_order(folder, registry) -> None:
    text = grid("Pre SR Virtual; Virtual Pre SR", "sota")
    one, two = by_mode(read(folder, text, registry)[1], "simultaneous")
    assert one.cell is two.cell
    assert one.row != two.row
    (phase,) = one.cell.recipe.phase
    assert phase.title == "prediction+semantic_reconstruction+virtual"
    assert phase.stage == "simultaneous"


def test_simultaneous_trains_as_long_as_the_longest_and_weighs(folder, registry) -> None:
    text = grid("Pre SR Virtual", "sota").replace("epochs = 1\nsteps = 2", "epochs = 3", 1)
    text += "weights = { Pre = 6, SR = 3 }"
    (entry,) = by_mode(read(folder, text, registry)[1], "simultaneous")
    (phase,) = entry.cell.recipe.phase
    assert (phase.epochs, phase.steps) == (3, None)
    assert [task.weight for task in phase.tasks] == [6, 3, 1]


def test_cumulative_heaps_up(folder, registry) -> None:
    text = grid("Pre Rec Cls", "sota", top='modes = ["cumulative"]')
    (entry,) = read(folder, text, registry)[1]
    assert [phase.title for phase in entry.cell.recipe.phase] == [
        "prediction",
        "prediction+reconstruction",
        "prediction+reconstruction+frame_order",
    ]
    assert entry.stages == ("perception", "comprehension", "inference")


def test_together_says_how_a_step_is_trained_with_others(folder, registry) -> None:
    table = 'tasks = [{ name = "prediction", backbone_lr = 0.1 }]\ntogether = ["prediction"]'
    text = grid("Pre SR -", "sota").replace('tasks = ["prediction"]', table)
    entries = read(folder, text, registry)[1]
    rates = {e.mode: e.cell.recipe.phase[0].tasks[0].backbone_lr for e in entries}
    assert rates == {"progressive": 0.1, "simultaneous": None}


def test_a_row_without_an_order_has_its_recipes_phases(folder, registry) -> None:
    text = 'title = "T"\n[[row]]\nrecipe = "baseline"\n[[row]]\nrecipe = "sota"\nname = "best"'
    one, two = read(folder, text, registry)[1]
    assert (one.row, one.mode, two.row, two.mode) == ("baseline", "recipe", "best", "recipe")
    assert [len(entry.cell.recipe.phase) for entry in (one, two)] == [3, 4]
    assert one.cell.name == "baseline.plaza.0"


def test_data_sets_and_changes_and_seeds(folder, registry) -> None:
    more = """
[[dataset]]
name = "one"
data = { target = { dataset = "folder", path = "videos" } }
[[dataset]]
name = "two"
set = { "optim.lr" = 1.0, "objects.size" = 24 }
"""
    text = grid("Pre SR -", "sota", top='seeds = [3, 4]\nset = { "optim.lr" = 2.0 }')
    text += 'set = { "optim.batch" = 8 }\n' + more
    entries = read(folder, text, registry, sets=["optim.gamma=0.25"])[1]
    assert [(e.dataset, e.seed) for e in by_mode(entries, "progressive")] == [
        *(("one", 3), ("one", 4), ("two", 3), ("two", 4)),
    ]
    recipes = {e.dataset: e.cell.recipe for e in entries if e.seed == 4}
    assert {name: of.optim.lr for name, of in recipes.items()} == {"one": 2.0, "two": 1.0}
    assert recipes["one"].data["target"].path == folder / "videos"
    assert recipes["two"].data["target"].dataset == "plaza"
    for of in recipes.values():
        assert (of.seed, of.optim.gamma, of.optim.batch) == (4, 0.25, 8)


def test_command_line_replaces_data_sets_and_seeds(folder, registry) -> None:
    text = grid("Pre SR -", "sota", more='[[dataset]]\nname = "gone"')
    data = ["ped2=a", "avenue=b"]
    file, entries = read(folder, text, registry, data=data, seeds="7,8")
    assert file.grid.seeds == (7, 8)
    assert list(dict.fromkeys(entry.dataset for entry in entries)) == ["ped2", "avenue"]
    assert entries[0].cell.recipe.data["target"].path == Path.cwd() / "a"


def test_every_error_at_once_with_file_line_and_near_match(folder, registry) -> None:
    text = (
        grid("Pre SR -; Pre Virtuel -", "sota", top='figures = ["mikro AUC"]\nsedes = [0]')
        .replace('["jigsaw"]', '["jigsow"]')
        .replace("epochs = 1\nsteps = 2\n[step.Rec]", "epochs = -1\n[step.Rec]")
    )
    text += row("Jig - -", 'set = { "optim.lrr" = 1 }\nmodes = ["progresive"]')
    lines = "\n".join(_lines(folder, text, registry))
    for wanted in (
        ":4: figures.0: no figure 'mikro AUC'. Did you mean 'micro AUC'",
        ":5: sedes: unknown key. Did you mean 'seeds'",
        "step.Pre.epochs: Input should be greater than or equal to 0, got -1.",
        "step.Jig.tasks.0: No plugin offers the task 'jigsow'. Did you mean 'jigsaw'?",
        "row.1.order.1.0: no step 'Virtuel'. Did you mean 'Virtual'?",
        "'progressive', 'cumulative' or 'simultaneous', got 'progresive'. Did you mean",
        "row.2.set.\"optim.lrr\": unknown key. Did you mean 'lr'",
    ):
        assert wanted in lines
    assert lines.count("jigsow") == 1


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"top": "seeds = [1, 1]"}, ":4: seeds.1: '1' is there twice."),
        (
            {"top": 'readings = ["questions", "questions"]'},
            ":4: readings.1: 'questions' is there twice.",
        ),
        ({"top": 'set = { "seed" = 1 }'}, "set.seed: seeds are what the grid's `seeds` says."),
        (
            {"top": "set = { optim.lr = 1.0 }"},
            'set.optim: write the whole key in quotes: "optim.lr',
        ),
        (
            {"top": 'readings = ["qestions"]'},
            "readings.0: the recipe has no protocol 'qestions' under score.also. Did you mean 'que",
        ),
        ({"more": "weights = { Pre = 1 }"}, "no step of this order 'Pre'."),
        ({"more": '[[row]]\nrecipe = "soto"'}, "row.1.recipe: There is no recipe 'soto'. Did you"),
        ({"more": row("- - -")}, "row.1.order: has no step."),
        ({"more": row("Pre Rec SR Cls")}, "has 4 stages, and `stages` names 3."),
        (
            {"more": row("SR Virtual -")},
            "row.1: 'SR → Virtual → \N{EN DASH}' is there twice. Give it",
        ),
        ({"more": '[[row]]\nmodes = ["cumulative"]\nrecipe = "sota"'}, "nothing without an"),
        (
            {"more": '[[row]]\nrecipe = "ssmtl"'},
            "its recipe has the stage 'simultaneous'. Allowed: comp",
        ),
        ({"more": '[[dataset]]\nname = "x"\n[[dataset]]\nname = "x"'}, "'x' is there twice"),
    ],
)
def test_one_error(folder, registry, change, wanted) -> None:
    (line,) = _lines(folder, grid("SR Virtual -", "sota", **change), registry)
    assert wanted in line


def test_steps_that_are_trained_at_once_agree(folder, registry) -> None:
    text = grid("Pre SR -", "sota").replace("[step.Pre]", "[step.Pre]\nlr = 0.1")
    (line,) = _lines(folder, text, registry)
    assert "its steps differ in 'lr'" in line
    alone = text.replace("\n[step", '\nmodes = ["progressive"]\n[step', 1)
    assert len(read(folder, alone, registry)[1]) == 1


def test_a_recipe_that_only_one_row_spoils_is_told_with_the_row(folder, registry) -> None:
    lines = _lines(folder, grid("Pre SR -; SR Virtual -", "sota", top=REFUSED), registry)
    assert all("does not name a task of a phase" in line for line in lines)
    assert all(f"(row 'SR → Virtual → {NO_STEP}')" in line for line in lines)


REFUSED = 'set = { "score.heads" = "trained", "score.use" = ["prediction.error"] }\n'


def test_errors_of_the_command_line_say_so(folder, registry) -> None:
    text = grid("Pre SR -", "sota")
    lines = _lines(folder, text, registry, sets=["optim.lr=fast"], seeds="a", data=["ped2"])
    assert [line.split(":")[0].strip() for line in lines] == [
        *("--data ped2", "--seeds a", "--set optim.lr=fast"),
    ]


def test_not_a_grid(folder, registry) -> None:
    with pytest.raises(RecipeError, match=r"sota is a recipe.*vadkit run sota"):
        find_grid("sota")
    with pytest.raises(RecipeError, match="There is no grid 'nothing'"):
        find_grid("nothing")
    with pytest.raises(RecipeError, match=r"orders\.toml:2: not valid TOML"):
        read(folder, "\ntitle = = 1", registry)


def test_grids_are_not_recipes() -> None:
    assert not any(name.startswith("tables") for name in shipped_recipes())
    assert all(path.parent.name == "tables" for path in shipped_grids().values())
