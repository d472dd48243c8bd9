"""The blocks of the outcome model, in the order in which they are built. A further block is a further entry."""

from models.blocks.controls import Controls
from models.blocks.labels import Labels
from models.blocks.missions import Missions
from models.blocks.regressors import Regressors
from models.blocks.states import States

BLOCKS = [Missions(), Regressors(), Controls(), States(), Labels()]
