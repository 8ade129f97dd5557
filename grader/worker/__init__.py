"""What runs beside student code. Imports wire, spec, ask and property of this package, nothing else.

A worker serves requests on a socket. The first one, the nursery, has only torch imported. It forks a worker for a
module (which imports that file of the submission), and that one forks workers for its exercises: one for as many as
are right, and one for each of the others (grader.sitting).
"""
