"""The proxy task `vision_language`: its card."""

from __future__ import annotations

from dataclasses import dataclass

from vadkit.api import Need, Sampling, TaskCard, hookimpl

NORMAL = ("a person walking", "a person standing", "people walking together")
ABNORMAL = (
    "a person running",
    "a person riding a bicycle",
    "a person riding a skateboard",
    "a person fighting",
    "a person falling",
    "a person throwing something",
    "a car",
    "a fire",
    "smoke",
)


@dataclass(frozen=True, kw_only=True)
class Config:
    frames: int = 5
    """Frames T of the cube; the teacher sees the middle one."""
    normal: tuple[str, ...] = NORMAL
    """Texts that describe what is normal here."""
    abnormal: tuple[str, ...] = ABNORMAL
    """Texts that describe what would be abnormal here, also where training never shows it."""
    temperature: float = 0.01
    """Divides the cosines before their softmax (tau); CLIP's logit scale is 100."""
    align: float = 1.0
    """Weight of the distance to the teacher's embedding."""

    def __post_init__(self) -> None:
        prompts = (*self.normal, *self.abnormal)
        if not (self.normal and self.abnormal and all(map(str.strip, prompts))):
            raise ValueError("normal and abnormal need a text each, and no text may be empty")
        if len(set(prompts)) < len(prompts):
            raise ValueError("a text stands twice in normal and abnormal")
        if self.frames < 1 or self.temperature <= 0 or self.align < 0:
            raise ValueError("frames and temperature must be positive, align not negative")


CARD = TaskCard(
    name="vision_language",
    summary="Describe an object as a model of images and texts would.",
    level="open-set",
    paper="Zhang et al., ACM MM 2024, Table 1 (VL); Radford et al., ICML 2021, 2.3 and 3.1",
    config=Config,
    load="vadkit_vision_language.task:VisionLanguage",
    api=2,
    sampling=lambda config: Sampling(frames=config.frames),
    needs=lambda config: (
        Need(role="clip"),
        Need(role="clip", texts=(*config.normal, *config.abnormal), name="prompts"),
    ),
    score_needs=lambda _: (),
    exempt={
        "corruption": "The kit's teacher cannot read, so it calls no corruption abnormal.",
    },
    scores=lambda _: ("abnormal",),
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]
