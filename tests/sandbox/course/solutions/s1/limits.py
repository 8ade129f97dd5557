"""The right answer is 1."""


def memory():
    return 1


processes = threads = files = scratch = one_large_file = many_files = output = wall = cpu = memory
