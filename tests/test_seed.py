"""From a seed to secrets: what a record tells of one, and that one tells nothing of another."""

from __future__ import annotations

import hashlib
import hmac

from grader.judge import Options
from grader.seed import derived, name_of, of_hand_in, secret_of


def test_a_record_does_not_tell_a_word_by_a_list_of_words() -> None:
    """ATTACKS 59: the name of `--seed spring2026` was its hash."""
    word = b"spring2026"
    told = Options(secret=secret_of(word)).seed
    cheap = {hashlib.sha256(word).hexdigest(), hmac.new(word, b"name", hashlib.sha256).hexdigest(), name_of(word)}
    assert told not in {text[:16] for text in cheap}
    assert told == Options(secret=secret_of(word)).seed, "which one it is can be told"
    assert told != Options(secret=secret_of(b"spring2027")).seed
    assert Options().seed == "public"


def test_the_first_hand_ins_have_one_secret_and_each_further_one_another() -> None:
    secret = secret_of(b"a word")
    secrets = [of_hand_in(secret, number) for number in range(50)]
    assert secrets[0] == secret
    assert len(set(secrets)) == len(set(map(name_of, secrets))) == 50
    assert secrets[3] == of_hand_in(secret, 3)
    assert derived(secret, "a") != derived(secret, "b") != derived(secret_of(b"another"), "b")
