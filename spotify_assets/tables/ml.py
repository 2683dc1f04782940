"""Tables of the schema `ml`: models, what they say and how well they do."""

from spotify_assets.tables.fields import OUTCOMES, TRACK, required
from spotify_assets.tables.model import Column, Table, count, day, flag, number, percentage, share, text

SKIP_MODEL = Table(
    schema="ml",
    name="skip_model",
    grain="one row per training cut-off",
    description="The skip model trained on the window before each cut-off and judged on the days just before it.",
    partition_column="cutoff_date",
    key=("cutoff_date",),
    columns=(
        day("cutoff_date", "Last day of data that the model saw or was judged on."),
        text("rule_version", "Version of the feature list and estimator."),
        day("train_from", "First day of training data."),
        day("train_to", "Last day of training data."),
        day("test_from", "First day of test data; after train_to."),
        day("test_to", "Last day of test data."),
        count("train_rows", "Playbacks trained on.", minimum=1),
        count("test_rows", "Playbacks judged on.", minimum=1),
        count("incomplete_rows", "Playbacks of both windows left out because a feature is unknown."),
        count("users", "Distinct users trained on (the clusters of the standard errors).", minimum=1),
        share("base_rate", "Share of training playbacks skipped."),
        share("test_skip_rate", "Share of test playbacks skipped."),
        share("auc", "Area under the ROC curve on the test window."),
        share("accuracy", "Accuracy on the test window at threshold 0.5."),
        share("base_accuracy", "Accuracy of always predicting the training majority."),
        number("log_loss", "Mean log loss on the test window, nats.", minimum=0),
        number("base_log_loss", "Log loss of always predicting base_rate, nats.", minimum=0),
        number("pseudo_r2", "McFadden's pseudo-R² on the training window."),
        text("insight", "What the model says, in words."),
        text("coefficient_plot", "Vega-Lite specification of the coefficient plot."),
    ),
)

SKIP_MODEL_COEFFICIENTS = Table(
    schema="ml",
    name="skip_model_coefficients",
    grain="one row per training cut-off and term",
    description="Coefficients of the skip model, per standard deviation of each feature.",
    partition_column="cutoff_date",
    key=("cutoff_date", "term"),
    columns=(
        day("cutoff_date", "The model, see ml.skip_model.", references="ml.skip_model.cutoff_date"),
        text("term", "Feature, or `intercept`."),
        number("coefficient", "Change in the log-odds of a skip per standard deviation."),
        number("standard_error", "Cluster-robust standard error (clusters: users).", minimum=0),
        number("ci_low", "Lower end of the 95 % interval of the coefficient."),
        number("ci_high", "Upper end of the 95 % interval of the coefficient."),
        share("p_value", "Two-sided p-value."),
        number(
            "odds_ratio", "exp(coefficient): factor on the odds of a skip per standard deviation.", minimum=0
        ),
        number("odds_ratio_low", "Lower end of its 95 % interval.", minimum=0),
        number("odds_ratio_high", "Upper end of its 95 % interval.", minimum=0),
        number("feature_mean", "Mean of the feature in training; null for the intercept.", null=True),
        number(
            "feature_sd",
            "Standard deviation of the feature in training; null for the intercept.",
            null=True,
            minimum=0,
        ),
    ),
)

CUTOFF_DATE = day("cutoff_date", "Last day of data that was learnt from or judged on.")

TRAINING_WINDOW = (
    day("train_from", "First day of training data."),
    day("train_to", "Last day of training data."),
    day("test_from", "First day of test data."),
    day("test_to", "Last day of test data."),
)

_ESTIMATORS = ("constant", "rule", "logistic", "gradient_boosting")


def measure(name: str, description: str, maximum: float | None = None) -> tuple[Column, ...]:
    """A measure on the test rows and the ends of its 95 % interval."""
    return (
        number(name, description, minimum=0, maximum=maximum),
        *(
            number(
                f"{name}_{end}",
                f"{words} end of its 95 % bootstrap interval; null with one cluster.",
                null=True,
                minimum=0,
                maximum=maximum,
            )
            for end, words in (("low", "Lower"), ("high", "Upper"))
        ),
    )


_MEASURES = (
    *measure("auc", "Area under the ROC curve on the test rows.", 1),
    *measure("log_loss", "Mean log loss on the test rows, nats."),
    *measure("brier", "Brier score on the test rows: mean squared error of the probability.", 1),
    *measure("accuracy", "Accuracy on the test rows at threshold 0.5.", 1),
    *measure(
        "calibration_error",
        "Mean distance between predicted and observed share over ten equally filled bins.",
        1,
    ),
)


def _coefficient_columns(unit: str) -> tuple[Column, ...]:
    return (
        number("coefficient", f"Change in the log-odds {unit} per standard deviation."),
        number(
            "standard_error", "Cluster-robust standard error; null with one cluster.", null=True, minimum=0
        ),
        number("ci_low", "Lower end of the 95 % interval of the coefficient.", null=True),
        number("ci_high", "Upper end of the 95 % interval of the coefficient.", null=True),
        share("p_value", "Two-sided p-value.", null=True),
        number("odds_ratio", "exp(coefficient).", minimum=0),
        number("odds_ratio_low", "Lower end of its 95 % interval.", null=True, minimum=0),
        number("odds_ratio_high", "Upper end of its 95 % interval.", null=True, minimum=0),
        number(
            "column_mean",
            "Mean of the column in training (of the logarithm for counts); null for the intercept.",
            null=True,
        ),
        number(
            "column_sd",
            "Standard deviation of the column in training; null for the intercept.",
            null=True,
            minimum=0,
        ),
    )


SKIP_LADDER = Table(
    schema="ml",
    name="skip_ladder",
    grain="one row per training cut-off, rung and estimator",
    description="What each group of features adds to predicting a skip, judged on the days after the training window.",
    partition_column="cutoff_date",
    key=("cutoff_date", "rung", "estimator"),
    columns=(
        CUTOFF_DATE,
        count("step", "Place in the ladder, from 1.", minimum=1),
        text(
            "rung",
            "base_rate, repeat_previous, or the last group of features that is used: audio, context, start, session, history.",
        ),
        text("estimator", "How it predicts.", accepted=_ESTIMATORS),
        text("rule_version", "Version of features, encoding and estimators."),
        *TRAINING_WINDOW,
        count("train_rows", "Playbacks learnt from.", minimum=1),
        count("test_rows", "Playbacks judged on.", minimum=1),
        count(
            "sampled_from", "Playbacks of both windows, of which those above are all or a sample.", minimum=1
        ),
        text(
            "cluster",
            "What the intervals compare: user, or user and day where there are fewer than ten users.",
        ),
        count("clusters", "Clusters learnt from.", minimum=1),
        count("columns", "Columns of the design matrix."),
        *_MEASURES,
        text("insight", "What the rung says, in words."),
    ),
)

SKIP_LADDER_COEFFICIENTS = Table(
    schema="ml",
    name="skip_ladder_coefficients",
    grain="one row per training cut-off, rung and term",
    description="Coefficients of the ladder's logistic regressions, per standard deviation of each column.",
    partition_column="cutoff_date",
    key=("cutoff_date", "rung", "term"),
    columns=(
        CUTOFF_DATE,
        text("rung", "The rung, see ml.skip_ladder."),
        text("term", "Column of the design matrix, or `intercept`."),
        *_coefficient_columns("of a skip"),
    ),
)

FEATURE_DRIFT = Table(
    schema="ml",
    name="feature_drift",
    grain="one row per training cut-off and feature",
    description="How far each feature, and the score of the ladder's last model, moved from training to test rows.",
    partition_column="cutoff_date",
    key=("cutoff_date", "feature"),
    columns=(
        CUTOFF_DATE,
        text("feature", "The feature, or `score`."),
        number(
            "psi",
            "Population stability index from training to test; above 0.2 a shift is usually called large.",
            minimum=0,
        ),
        share("train_unknown", "Share of training rows that lack it."),
        share("test_unknown", "Share of test rows that lack it."),
    ),
)

SKIP_CURVES = Table(
    schema="ml",
    name="skip_curves",
    grain="one row per training cut-off, curve, rung, estimator and point",
    description="ROC and calibration curves of the ladder's models on the test rows.",
    partition_column="cutoff_date",
    key=("cutoff_date", "curve", "rung", "estimator", "point"),
    columns=(
        CUTOFF_DATE,
        text(
            "curve",
            "roc (of every model with features) or calibration (of the last rung of each estimator).",
            accepted=("roc", "calibration"),
        ),
        text("rung", "The rung, see ml.skip_ladder."),
        text("estimator", "How it predicts.", accepted=_ESTIMATORS),
        count("point", "Place on the curve, from 0."),
        share(
            "x",
            "roc: share of playbacks not skipped that rank above the threshold (false positives). calibration: mean predicted probability of the bin.",
        ),
        share(
            "y",
            "roc: share of skips that rank above the threshold (true positives). calibration: share of the bin's playbacks that were skipped.",
        ),
        count("playbacks", "Playbacks of the bin; null for roc.", null=True, minimum=1),
    ),
)

SKIP_PREDICTIONS = Table(
    schema="ml",
    name="skip_predictions",
    grain="one row per training cut-off and track played in its test window",
    description="Skip probability per track, by the model that is current at the cut-off, beside what happened and the track's popularity.",
    partition_column="cutoff_date",
    key=("cutoff_date", "track_id"),
    columns=(
        CUTOFF_DATE,
        required(TRACK),
        text("model_id", "The model, see ml.model_registry."),
        count("playbacks", "Playbacks in the test window that were scored.", minimum=1),
        share("skip_probability", "Mean predicted probability of a skip over those playbacks."),
        share("skip_rate", "Share of those playbacks that were skipped."),
        percentage(
            "popularity",
            "Highest popularity of the track in the test window; null where the catalogue lacks it.",
            null=True,
        ),
    ),
)

MODEL_REGISTRY = Table(
    schema="ml",
    name="model_registry",
    grain="one row per target, estimator and training cut-off",
    description="Every trained model with all that scoring takes, and which one is current: a new model is promoted only when its log loss on its own test rows is below that of the current one on the same rows.",
    partition_column="cutoff_date",
    key=("model_id",),
    columns=(
        CUTOFF_DATE,
        text("model_id", "`<target>/<estimator>/<cutoff_date>`."),
        text("target", "What is predicted."),
        text("estimator", "How.", accepted=_ESTIMATORS),
        text("rule_version", "Version of features, encoding and estimators."),
        *TRAINING_WINDOW,
        number("log_loss", "Mean log loss on the test rows, nats.", minimum=0),
        share("auc", "Area under the ROC curve on the test rows."),
        text("previous_model_id", "The model of the cut-off before this one; null for the first.", null=True),
        number("previous_log_loss", "Its log loss on the same test rows.", null=True, minimum=0),
        share("previous_auc", "Its AUC on the same test rows.", null=True),
        text("challenged_model_id", "The model that was current until now; null for the first.", null=True),
        number("challenged_log_loss", "Its log loss on the same test rows.", null=True, minimum=0),
        flag("promoted", "Whether this model became the current one."),
        text("current_model_id", "The current model from this cut-off on."),
        text("model", "The model as JSON: encoding and numbers, nothing that is executed."),
    ),
)

SKIP_SURVIVAL = Table(
    schema="ml",
    name="skip_survival",
    grain="one row per training cut-off, group of playbacks and second",
    description="Share of music playbacks not skipped by each second of play, over both windows up to the cut-off.",
    partition_column="cutoff_date",
    key=("cutoff_date", "dimension", "value", "second"),
    columns=(
        CUTOFF_DATE,
        text(
            "dimension",
            "What playbacks are grouped by.",
            accepted=("all", "genre", "device", "position", "hour"),
        ),
        text("value", "The group."),
        count("second", "Seconds played; the last one stands for the end of the track."),
        count("playbacks", "Playbacks of the group."),
        share("survival", "Share not skipped by then."),
        share("survival_low", "Lower end of its 95 % band; null with one user.", null=True),
        share("survival_high", "Upper end of its 95 % band; null with one user.", null=True),
        text(
            "grade",
            "The skip grade that ends at this second; its share is one less the survival.",
            null=True,
            accepted=("5 s", "10 s", "30 s", "end"),
        ),
    ),
)

SKIP_FLAG_AGREEMENT = Table(
    schema="ml",
    name="skip_flag_agreement",
    grain="one row per training cut-off, source, reason, outcome and flag",
    description="How often the export's own skip flag agrees with the derived outcome, over both windows up to the cut-off.",
    partition_column="cutoff_date",
    key=("cutoff_date", "source", "reason_end", "outcome", "flag"),
    columns=(
        CUTOFF_DATE,
        text("source", "Where the playbacks came from."),
        text("reason_end", "Why playback ended; empty where unknown."),
        text("outcome", "The derived outcome.", accepted=OUTCOMES),
        text("flag", "What the export says.", accepted=("skipped", "not skipped", "unknown")),
        count("playbacks", "How many playbacks.", minimum=1),
        flag("agrees", "Whether flag and outcome agree; null where the flag is unknown.", null=True),
    ),
)

POPULARITY_MODEL = Table(
    schema="ml",
    name="popularity_model",
    grain="one row per training cut-off and estimator",
    description="How well audio features tell the popularity bucket of a track (low, middle, high), judged on artists that were not learnt from.",
    partition_column="cutoff_date",
    key=("cutoff_date", "estimator"),
    columns=(
        CUTOFF_DATE,
        text("estimator", "How it predicts.", accepted=_ESTIMATORS),
        text("rule_version", "Version of features and estimators."),
        day("snapshot_date", "Catalogue learnt from and judged on."),
        count("train_rows", "Tracks learnt from.", minimum=1),
        count("test_rows", "Tracks judged on, of other artists.", minimum=1),
        count("artists", "Artists learnt from (the clusters).", minimum=1),
        number(
            "middle_from", "Popularity above which a track is in the middle bucket.", minimum=0, maximum=100
        ),
        number("high_from", "Popularity above which a track is in the high bucket.", minimum=0, maximum=100),
        *_MEASURES,
        text("insight", "What the model says, in words."),
    ),
)

POPULARITY_COEFFICIENTS = Table(
    schema="ml",
    name="popularity_coefficients",
    grain="one row per training cut-off, bucket and term",
    description="Coefficients of the multinomial popularity model against the low bucket, per standard deviation.",
    partition_column="cutoff_date",
    key=("cutoff_date", "bucket", "term"),
    columns=(
        CUTOFF_DATE,
        text("bucket", "The bucket.", accepted=("middle", "high")),
        text("term", "Column of the design matrix, or `intercept`."),
        *_coefficient_columns("of the bucket against the low one"),
    ),
)
