"""A quiz: model-centric, data-centric, or neither? Each wrong choice has an explanation of its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

TOPICS = {
    1: "question 1: corrected labels",
    2: "question 2: a deeper network",
    3: "question 3: another loss",
    4: "question 4: examples in a prompt",
    5: "question 5: more servers",
    6: "question 6: photos of what fails",
    7: "question 7: an ensemble",
    8: "question 8: fine-tuning on written answers",
    9: "question 9: a lower target",
    10: "question 10: copies between training and test",
}
SHOWN = range(1, 7)  # the others are asked at grading only


def reference(question: int) -> str:
    """The answer by what changes: the code that learns ("model"), what is learnt from or tested on ("data"), or neither of the two."""
    code, data = {2, 3, 7}, {1, 4, 6, 8, 10}
    return "model" if question in code else "data" if question in data else "neither"


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """The questions without a public case, in random order: the order must not matter."""
    for number in rng.permutation(range(7, 11)).tolist():
        yield Case(TOPICS[number], (number,))


exercise = Exercise(
    id="quiz_model_or_data",
    title="Quiz: model-centric or data-centric?",
    points=2,
    minutes=8,
    hints=(
        "Ask each time: what would a diff show? Lines of training code, a row or a label of a data set, or neither of them?",
        "The aim does not decide: every change here is made for a better product. What is held fixed decides.",
        "Examples in a prompt, preferences and written answers are data. Servers, prices and targets are neither.",
    ),
    compare=exact(),  # one of three words
    reference=reference,
    public=tuple(Case(TOPICS[number], (number,)) for number in SHOWN),
    hidden=hidden,
)


@exercise.right
def by_list(question):
    return ["data", "model", "model", "data", "neither", "data", "model", "data", "neither", "data"][question - 1]


@exercise.right
def with_a_warning(question):
    import warnings

    if question > 10:
        warnings.warn("there are ten questions")
    if question in (5, 9):
        return "neither"
    return "model" if question in (2, 3, 7) else "data"


@exercise.wrong(
    "Question 1: no line of training code changes when 400 labels are corrected. What the model learns *from* changes; that is "
    "data-centric work, even though the aim is a better model.",
    share=9 / 10,
)
def question_1_model(question):
    return {1: "model", 2: "model", 3: "model", 4: "data", 5: "neither", 6: "data", 7: "model", 8: "data", 9: "neither", 10: "data"}[question]


@exercise.wrong(
    "Question 1: correcting labels is the plainest case of data-centric work. The training set after it is another one.",
    share=9 / 10,
)
def question_1_neither(question):
    return {1: "neither", 2: "model", 3: "model", 4: "data", 5: "neither", 6: "data", 7: "model", 8: "data", 9: "neither", 10: "data"}[question]


@exercise.wrong(
    "Question 2: photos and labels stay as they are; the network that learns from them is exchanged. Data fixed, code changed: "
    "model-centric.",
    share=9 / 10,
)
def question_2_data(question):
    return {1: "data", 2: "data", 3: "model", 4: "data", 5: "neither", 6: "data", 7: "model", 8: "data", 9: "neither", 10: "data"}[question]


@exercise.wrong(
    "Question 2: an architecture is part of the code of an AI system (system = code + data). Exchanging it is the classic model-"
    "centric step.",
    share=9 / 10,
)
def question_2_neither(question):
    return {1: "data", 2: "neither", 3: "model", 4: "data", 5: "neither", 6: "data", 7: "model", 8: "data", 9: "neither", 10: "data"}[question]


@exercise.wrong(
    "Question 3: the rare class is a property of the data, but what the team changes is the loss, a line of training code. Had it "
    "collected or labelled more rare cases, the answer would be \"data\".",
    share=9 / 10,
)
def question_3_data(question):
    return {1: "data", 2: "model", 3: "data", 4: "data", 5: "neither", 6: "data", 7: "model", 8: "data", 9: "neither", 10: "data"}[question]


@exercise.wrong(
    "Question 3: the loss says what training aims at. It belongs to the code, so changing it is model-centric.",
    share=9 / 10,
)
def question_3_neither(question):
    return {1: "data", 2: "model", 3: "neither", 4: "data", 5: "neither", 6: "data", 7: "model", 8: "data", 9: "neither", 10: "data"}[question]


@exercise.wrong(
    "Question 4: no weight of the model moves. What moves is what the model is shown: examples are data, and choosing them is data-"
    "centric, whether they are used for training or stand in a prompt.",
    share=9 / 10,
)
def question_4_model(question):
    return {1: "data", 2: "model", 3: "model", 4: "model", 5: "neither", 6: "data", 7: "model", 8: "data", 9: "neither", 10: "data"}[question]


@exercise.wrong(
    "Question 4: examples in a prompt are labelled data. Which ones, how many and in which order are the questions of this course "
    "in small.",
    share=9 / 10,
)
def question_4_neither(question):
    return {1: "data", 2: "model", 3: "model", 4: "neither", 5: "neither", 6: "data", 7: "model", 8: "data", 9: "neither", 10: "data"}[question]


@exercise.wrong(
    "Question 5: the same model gives the same answers, only sooner. That is serving: a third kind of work beside model and data.",
    share=9 / 10,
)
def question_5_model(question):
    return {1: "data", 2: "model", 3: "model", 4: "data", 5: "model", 6: "data", 7: "model", 8: "data", 9: "neither", 10: "data"}[question]


@exercise.wrong(
    "Question 5: nothing that the model learns from has changed, nor the answers it gives. More servers are serving, the third "
    "team's work.",
    share=9 / 10,
)
def question_5_data(question):
    return {1: "data", 2: "model", 3: "model", 4: "data", 5: "data", 6: "data", 7: "model", 8: "data", 9: "neither", 10: "data"}[question]


@exercise.wrong(
    "Question 6: training runs again, but with the same code. What is new are the photos, aimed at the slice in which the model "
    "fails: that is a data engine.",
    share=9 / 10,
)
def question_6_model(question):
    return {1: "data", 2: "model", 3: "model", 4: "data", 5: "neither", 6: "model", 7: "model", 8: "data", 9: "neither", 10: "data"}[question]


@exercise.wrong(
    "Question 6: collecting what the model fails on is how data-centric teams raise performance.",
    share=9 / 10,
)
def question_6_neither(question):
    return {1: "data", 2: "model", 3: "model", 4: "data", 5: "neither", 6: "neither", 7: "model", 8: "data", 9: "neither", 10: "data"}[question]


@exercise.wrong(
    "Question 7: five networks learn from the same data. Averaging them is a change of algorithm.",
    share=9 / 10,
)
def question_7_data(question):
    return {1: "data", 2: "model", 3: "model", 4: "data", 5: "neither", 6: "data", 7: "data", 8: "data", 9: "neither", 10: "data"}[question]


@exercise.wrong(
    "Question 7: an ensemble changes how the answer is computed from the same data. It is model-centric.",
    share=9 / 10,
)
def question_7_neither(question):
    return {1: "data", 2: "model", 3: "model", 4: "data", 5: "neither", 6: "data", 7: "neither", 8: "data", 9: "neither", 10: "data"}[question]


@exercise.wrong(
    "Question 8: fine-tuning does change weights, but so does every training. Ask what is held fixed: the pretrained model and the "
    "script. What the team makes is data, answer by answer.",
    share=9 / 10,
)
def question_8_model(question):
    return {1: "data", 2: "model", 3: "model", 4: "data", 5: "neither", 6: "data", 7: "model", 8: "model", 9: "neither", 10: "data"}[question]


@exercise.wrong(
    "Question 8: a thousand answers written by experts are a data set, and the only thing that is new here. Data-centric.",
    share=9 / 10,
)
def question_8_neither(question):
    return {1: "data", 2: "model", 3: "model", 4: "data", 5: "neither", 6: "data", 7: "model", 8: "neither", 9: "neither", 10: "data"}[question]


@exercise.wrong(
    "Question 9: model and code are untouched; the yardstick is. That decision belongs to the project's goals.",
    share=9 / 10,
)
def question_9_model(question):
    return {1: "data", 2: "model", 3: "model", 4: "data", 5: "neither", 6: "data", 7: "model", 8: "data", 9: "model", 10: "data"}[question]


@exercise.wrong(
    "Question 9: no item and no label changes, only what counts as good enough. That decision belongs to the project's goals.",
    share=9 / 10,
)
def question_9_data(question):
    return {1: "data", 2: "model", 3: "model", 4: "data", 5: "neither", 6: "data", 7: "model", 8: "data", 9: "data", 10: "data"}[question]


@exercise.wrong(
    "Question 10: the score falls although the model is the same: the *test set* has become honest. Removing copies is data "
    "cleansing.",
    share=9 / 10,
)
def question_10_model(question):
    return {1: "data", 2: "model", 3: "model", 4: "data", 5: "neither", 6: "data", 7: "model", 8: "data", 9: "neither", 10: "model"}[question]


@exercise.wrong(
    "Question 10: copies of training photos in the test set are a fault of the data, and removing them is data-centric, also where "
    "the score falls.",
    share=9 / 10,
)
def question_10_neither(question):
    return {1: "data", 2: "model", 3: "model", 4: "data", 5: "neither", 6: "data", 7: "model", 8: "data", 9: "neither", 10: "neither"}[question]


@exercise.wrong(
    "You call everything data-centric. The word helps only if it excludes something: where the code that learns changes and the "
    "data stay as they are, the work is model-centric.",
    share=5 / 10,
)
def all_data(question):
    return "data"


@exercise.wrong(
    "You call everything model-centric, perhaps because every change ends in a better or worse model. Ask what is held *fixed*: "
    "where code and algorithm stay and the data change, the work is data-centric.",
    share=3 / 10,
)
def all_model(question):
    return "model"


@exercise.wrong(
    "The two words are exchanged. Data-centric work holds the code fixed and changes the data; model-centric work holds the data "
    "fixed and changes the code.",
    share=2 / 10,
)
def exchanged(question):
    return {1: "model", 2: "data", 3: "data", 4: "model", 5: "neither", 6: "model", 7: "data", 8: "model", 9: "neither", 10: "model"}[question]


@exercise.wrong(
    "You choose between two words where a third is needed. Serving, targets and prices change neither what learns nor what is "
    "learnt from; a project needs them all the same.",
    share=8 / 10,
)
def never_neither(question):
    return "model" if question in (2, 3, 5, 7, 9) else "data"
