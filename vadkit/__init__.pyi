"""vadkit: video anomaly detection with proxy tasks, in phases."""

from vadkit.errors import VadkitError as VadkitError
from vadkit.metrics.metrics_schema import Metrics as Metrics
from vadkit.metrics.metrics_schema import ScoreFigures as ScoreFigures
from vadkit.python_api import Run as Run
from vadkit.python_api import evaluate as evaluate
from vadkit.python_api import load_recipe as load_recipe
from vadkit.python_api import load_run as load_run
from vadkit.python_api import run as run
from vadkit.recipe.bound_recipe import BoundRecipe as BoundRecipe
from vadkit.report.score_files import ScoreTable as ScoreTable
