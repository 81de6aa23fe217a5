"""What a record calls, ``run(block, team)``, of a program ``part(block, number, team)``: each of a
team of threads does the part of its number.
"""

from kerasette.kernels.cpu import threads


def entry(word: int) -> str:
    """The function ``run`` as text, for a block whose ``word`` is the size of the team.

    The parts are those of the team that was asked for, whatever team there is.
    """
    return _ALONE if threads.openmp() is None else _TEAM.replace("TEAM_AT", str(word))


_ALONE = """
define i32 @run(ptr %block, i64 %b, i64 %c, i64 %d) #0 {
  call void @part(ptr %block, i64 0, i64 1)
  ret i32 0
}
"""

_TEAM = """
declare void @GOMP_parallel(ptr, ptr, i32, i32)
declare i32 @omp_get_thread_num()
declare i32 @omp_get_num_threads()

define internal void @share(ptr %block) #0 {
entry:
  %at = getelementptr i64, ptr %block, i64 TEAM_AT
  %team = load i64, ptr %at
  %first32 = call i32 @omp_get_thread_num()
  %there32 = call i32 @omp_get_num_threads()
  %first = sext i32 %first32 to i64
  %there = sext i32 %there32 to i64
  br label %head
head:
  %number = phi i64 [ %first, %entry ], [ %next, %body ]
  %more = icmp slt i64 %number, %team
  br i1 %more, label %body, label %done
body:
  call void @part(ptr %block, i64 %number, i64 %team)
  %next = add i64 %number, %there
  br label %head
done:
  ret void
}

define i32 @run(ptr %block, i64 %team, i64 %c, i64 %d) #0 {
  %alone = icmp eq i64 %team, 1
  br i1 %alone, label %single, label %several
single:
  call void @part(ptr %block, i64 0, i64 1)
  ret i32 0
several:
  %threads = trunc i64 %team to i32
  call void @GOMP_parallel(ptr @share, ptr %block, i32 %threads, i32 0)
  ret i32 0
}
"""
