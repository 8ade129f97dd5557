"""A submission of ours that a zygote grades once before it forks: what is done for the first time takes longest, and
every fork would pay for it again."""
