"""The optimizer of a script: Adam, with the plan's decay, schedule and clipping."""

from __future__ import annotations

from core.plan import TrainingSettings
from core.strategies.snippets.snippet import KERAS, NUMPY, TENSORFLOW, Code


def learning_rate(training: TrainingSettings) -> list[Code]:
    """Return the class of a learning rate that changes from step to step; none where it stays."""
    if training.schedule == "constant" and not training.warm_up:
        return []
    factor = {
        "constant": "1.0",
        "cosine": "(1 + ops.cos(np.pi * t)) / 2",
        "realmlp": "(1 - ops.cos(2 * np.pi * ops.log2(1 + 15 * t))) / 2",
    }[training.schedule]
    rising = "\n        factor *= ops.minimum(1.0, (t + 1 / self.steps) / WARM_UP)" if training.warm_up else ""
    text = f'''class LearningRate(keras.optimizers.schedules.LearningRateSchedule):
    """The learning rate by step, of so many in all."""

    def __init__(self, steps):
        self.steps = steps

    def __call__(self, step):
        t = ops.cast(step, "float32") / self.steps
        factor = {factor}{rising}
        return LEARNING_RATE * factor'''
    return [Code(text, (KERAS, NUMPY, "from keras import ops"))]


def clipping(training: TrainingSettings) -> list[Code]:
    """Return the optimizer that clips the gradients of each of the members' networks; none where one does it alone."""
    if training.members == 1 or not training.clip_norm:
        return []
    text = '''class Adam(keras.optimizers.Adam):
    """Adam that clips each network's gradients by their own norm."""

    def __init__(self, models, **settings):
        super().__init__(**settings)
        self.sizes = [len(model.trainable_variables) for model in models]

    def apply(self, grads, trainable_variables=None):
        left, clipped = list(grads), []
        for size in self.sizes:
            clipped += tf.clip_by_global_norm(left[:size], CLIP_NORM)[0]
            left = left[size:]
        super().apply(clipped, trainable_variables)'''
    return [Code(text, (KERAS, TENSORFLOW))]


def optimizer_of(training: TrainingSettings, model: str, tasks: str = "") -> tuple[list[str], str]:
    """Return statements that make the optimizer of a model, and what it is called after them.

    Parameters
    ----------
    tasks : str
        Name of the tasks that are trained as one model, if there are such.
    """
    steps = f"{tasks}[0].fold.steps" if tasks else "fold.steps"
    rate = f"LearningRate(EPOCHS * {steps})" if learning_rate(training) else "LEARNING_RATE"
    kind, options = "keras.optimizers.Adam", [f"learning_rate={rate}"]
    options += [f"beta_2={training.beta_2}"] * (training.beta_2 != 0.999)
    if clipping(training):
        kind = "Adam"
        options.insert(0, f"models=[task.model for task in {tasks}]")
    elif training.clip_norm:
        options.append("global_clipnorm=CLIP_NORM")
    if training.weight_decay:
        # Keras multiplies the decay by the learning rate, and takes no more of a kernel in an epoch of more steps.
        options.append(f"weight_decay=WEIGHT_DECAY / {steps} / LEARNING_RATE")
    if not training.weight_decay and len(options) < 3:
        return [], f"{kind}({', '.join(options)})"
    lines = ["    optimizer = " + f"{kind}(", *(f"        {option}," for option in options), "    )"]
    if training.weight_decay:
        lines += [
            "    # Kernels alone decay.",
            "    optimizer.exclude_from_weight_decay(",
            f'        [v for v in {model}.trainable_variables if v.name != "kernel" or "embedding" in v.path]',
            "    )",
        ]
    return lines, "optimizer"
