"""Where the configuration is."""

from robusttrain.config.paths import CONFIGS


def test_the_folder_holds_the_files_of_a_run():
    assert (CONFIGS / "train.yaml").is_file()
    assert (CONFIGS / "aggregator" / "krum.yaml").is_file()
