"""Training of any family but the baseline on Spark, by averaging the workers' weights.

McMahan et al. 2017, "Communication-efficient learning of deep networks from decentralized data" (arXiv 1602.05629);
a batch that workers share: Goyal et al. 2017 (arXiv 1706.02677); outer momentum: Douillard et al. 2023, "DiLoCo"
(arXiv 2311.08105).

    kedro run --pipelines=distributed_training --params distributed.family=mlp
"""

from sakon.pipelines.distributed_training.pipeline import create_pipeline

__all__ = ["create_pipeline"]
