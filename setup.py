"""Put the recipes into the wheel; everything else is declared in pyproject.toml."""

from pathlib import Path
from shutil import copytree

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithRecipes(build_py):
    """`recipes/` is the only copy; a wheel holds it as `vadkit/recipes/`."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:  # an editable install reads the checkout's own folder
            copytree("recipes", Path(self.build_lib, "vadkit", "recipes"), dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithRecipes})
