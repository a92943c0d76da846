"""The timelines that rotation.txt spells out.

Each line is a step: its time, the verb, the key, the other key, the argument, what is
expected and the grace_until. The columns are explained in the head of rotation.txt.
"""

# Times count from the beginning: 24h-1ms is a millisecond before the first day ends.
TIMELINES = """
timeline default_grace_is_24_hours
0ms        create       K  -  -         ok
0ms        verify       K  -  -         valid  -
1h         rotate       K  N  -         ok     25h
1h         verify       K  N  -         valid  25h
1h         verify       N  -  -         valid  -
25h-1ms    verify       K  N  -         valid  25h
25h        verify       K  -  -         rotated_out
25h        verify       N  -  -         valid  -
1000d      verify       K  -  -         rotated_out
1000d      verify       N  -  -         valid  -

timeline given_grace
0ms        create       K  -  -         ok
0ms        rotate       K  N  90s       ok     90s
90s-1ms    verify       K  N  -         valid  90s
90s        verify       K  -  -         rotated_out
90s        verify       N  -  -         valid  -

timeline grace_of_one_millisecond
0ms        create       K  -  -         ok
0ms        rotate       K  N  1ms       ok     1ms
0ms        verify       K  N  -         valid  1ms
1ms        verify       K  -  -         rotated_out

timeline grace_of_none
0ms        create       K  -  -         ok
5m         rotate       K  N  0ms       ok     5m
5m         verify       K  -  -         rotated_out
5m         verify       N  -  -         valid  -

timeline longest_grace
0ms        create       K  -  -         ok
0ms        rotate       K  N  7d        ok     7d
7d-1ms     verify       K  N  -         valid  7d
7d         verify       K  -  -         rotated_out

timeline longer_grace_is_refused_not_cut
0ms        create       K  -  -         ok
0ms        rotate       K  N  7d+1ms    invalid_argument
0ms        rotate       K  N  30d       invalid_argument
0ms        verify       K  -  -         valid  -
8d         verify       K  -  -         valid  -
8d         rotate       K  N  -         ok     9d

timeline grace_ends_with_the_expiry
0ms        create       K  -  2h        ok
1h         rotate       K  N  -         ok     2h
1h         verify       N  -  -         valid  -
2h-1ms     verify       K  N  -         valid  2h
2h-1ms     verify       N  -  -         valid  -
2h         verify       K  -  -         rotated_out
2h         verify       N  -  -         expired

timeline trial_key_is_not_extended_by_rotations
0ms        create       K  -  1d        ok
6h         rotate       K  N  7d        ok     1d
12h        rotate       N  M  7d        ok     1d
18h        rotate       M  L  6h        ok     1d
1d-1ms     verify       K  N  -         valid  1d
1d-1ms     verify       N  M  -         valid  1d
1d-1ms     verify       M  L  -         valid  1d
1d-1ms     verify       L  -  -         valid  -
1d         verify       K  -  -         rotated_out
1d         verify       N  -  -         rotated_out
1d         verify       M  -  -         rotated_out
1d         verify       L  -  -         expired
1d         rotate       L  X  -         conflict
1d         emergency    L  X  -         conflict
1d         verify       L  -  -         expired

timeline grace_shorter_than_the_expiry
0ms        create       K  -  30d       ok
1d         rotate       K  N  2d        ok     3d
3d         verify       K  -  -         rotated_out
30d-1ms    verify       N  -  -         valid  -
30d        verify       K  -  -         rotated_out
30d        verify       N  -  -         expired

timeline expired_key_is_not_revived
0ms        create       K  -  1h        ok
1h-1ms     verify       K  -  -         valid  -
1h         verify       K  -  -         expired
1h         rotate       K  X  -         conflict
1h         emergency    K  X  -         conflict
1h         verify       K  -  -         expired
1h         revoke       K  -  -         ok
1h         verify       K  -  -         revoked

timeline rotated_in_its_last_millisecond
0ms        create       K  -  1h        ok
1h-1ms     rotate       K  N  -         ok     1h
1h-1ms     verify       K  N  -         valid  1h
1h-1ms     verify       N  -  -         valid  -
1h         verify       K  -  -         rotated_out
1h         verify       N  -  -         expired

timeline second_rotation_is_a_conflict
0ms        create       K  -  -         ok
0ms        rotate       K  N  1h        ok     1h
0ms        rotate       K  X  1h        conflict
30m        rotate       K  X  7d        conflict
30m        verify       K  N  -         valid  1h
1h-1ms     rotate       K  X  0ms       conflict
1h         rotate       K  X  -         conflict
1h         verify       K  -  -         rotated_out
1h         verify       N  -  -         valid  -

timeline chain_with_windows_of_their_own
0ms        create       K  -  -         ok
0ms        rotate       K  N  24h       ok     24h
1h         rotate       N  M  48h       ok     49h
2h         rotate       M  L  1h        ok     3h
2h         verify       K  N  -         valid  24h
2h         verify       N  M  -         valid  49h
2h         verify       M  L  -         valid  3h
2h         verify       L  -  -         valid  -
3h         verify       M  -  -         rotated_out
3h         verify       K  N  -         valid  24h
24h        verify       K  -  -         rotated_out
24h        verify       N  M  -         valid  49h
49h        verify       N  -  -         rotated_out
49h        verify       L  -  -         valid  -

timeline rotated_out_key_can_only_be_revoked
0ms        create       K  -  -         ok
0ms        rotate       K  N  1h        ok     1h
1h         rotate       K  X  -         conflict
1h         emergency    K  X  -         conflict
1h         verify       K  -  -         rotated_out
1h         verify       N  -  -         valid  -
2h         revoke       K  -  -         ok
2h         verify       K  -  -         revoked
2h         verify       N  -  -         valid  -

timeline revoked_key_stays_so
0ms        create       K  -  1d        ok
1h         revoke       K  -  -         ok
1h         verify       K  -  -         revoked
1h         revoke       K  -  -         ok
1h         rotate       K  X  -         conflict
1h         emergency    K  X  -         conflict
1h         verify       K  -  -         revoked
1d         verify       K  -  -         revoked
1d         revoke       K  -  -         ok
1d         verify       K  -  -         revoked

timeline revoking_the_old_key_spares_its_successor
0ms        create       K  -  -         ok
0ms        rotate       K  N  24h       ok     24h
1h         revoke       K  -  -         ok
1h         verify       K  -  -         revoked
1h         verify       N  -  -         valid  -
2h         rotate       K  X  -         conflict
2h         rotate       N  M  1h        ok     3h
2h         verify       M  -  -         valid  -
24h        verify       K  -  -         revoked

timeline revoking_the_successor_leaves_the_grace
0ms        create       K  -  -         ok
0ms        rotate       K  N  24h       ok     24h
1h         revoke       N  -  -         ok
1h         verify       N  -  -         revoked
1h         verify       K  N  -         valid  24h
2h         rotate       K  X  -         conflict
24h-1ms    verify       K  N  -         valid  24h
24h        verify       K  -  -         rotated_out

timeline emergency_of_a_single_key
0ms        create       K  -  -         ok
1h         emergency    K  E  -         ok
1h         verify       K  -  -         revoked
1h         verify       E  -  -         valid  -
1h         rotate       K  X  -         conflict
1h         emergency    K  X  -         conflict
2h         rotate       E  F  1h        ok     3h
2h         verify       E  F  -         valid  3h
2h         verify       F  -  -         valid  -

timeline emergency_of_the_superseded_key
0ms        create       K  -  -         ok
0ms        rotate       K  N  24h       ok     24h
1h         emergency    K  E  -         ok
1h         verify       K  -  -         revoked
1h         verify       N  -  -         revoked
1h         verify       E  -  -         valid  -
24h        verify       K  -  -         revoked

timeline emergency_of_the_successor
0ms        create       K  -  -         ok
0ms        rotate       K  N  24h       ok     24h
1h         emergency    N  E  -         ok
1h         verify       K  -  -         revoked
1h         verify       N  -  -         revoked
1h         verify       E  -  -         valid  -

timeline emergency_in_the_middle_of_a_chain
0ms        create       K  -  -         ok
0ms        create       Z  -  -         ok
0ms        rotate       K  N  24h       ok     24h
1h         rotate       N  M  24h       ok     25h
2h         emergency    N  E  -         ok
2h         verify       K  -  -         revoked
2h         verify       N  -  -         revoked
2h         verify       M  -  -         revoked
2h         verify       E  -  -         valid  -
2h         verify       Z  -  -         valid  -

timeline emergency_spares_the_dead
0ms        create       K  -  -         ok
0ms        rotate       K  N  1h        ok     1h
1h         emergency    N  E  -         ok
1h         verify       K  -  -         rotated_out
1h         verify       N  -  -         revoked
1h         verify       E  -  -         valid  -

timeline emergency_after_the_successor_was_revoked
0ms        create       K  -  -         ok
0ms        rotate       K  N  24h       ok     24h
1h         revoke       N  -  -         ok
2h         emergency    N  X  -         conflict
2h         verify       K  N  -         valid  24h
2h         emergency    K  E  -         ok
2h         verify       K  -  -         revoked
2h         verify       N  -  -         revoked
2h         verify       E  -  -         valid  -

timeline emergency_after_the_old_key_was_revoked
0ms        create       K  -  -         ok
0ms        rotate       K  N  24h       ok     24h
1h         revoke       K  -  -         ok
1h         emergency    K  X  -         conflict
1h         verify       N  -  -         valid  -
1h         emergency    N  E  -         ok
1h         verify       N  -  -         revoked
1h         verify       E  -  -         valid  -

timeline emergency_twice
0ms        create       K  -  -         ok
1h         emergency    K  E  -         ok
2h         emergency    E  F  -         ok
2h         verify       K  -  -         revoked
2h         verify       E  -  -         revoked
2h         verify       F  -  -         valid  -

timeline emergency_keeps_the_expiry
0ms        create       K  -  1d        ok
23h        emergency    K  E  -         ok
1d-1ms     verify       K  -  -         revoked
1d-1ms     verify       E  -  -         valid  -
1d         verify       E  -  -         expired

timeline not_yet_valid_key_hands_on_its_beginning
0ms        create_from  K  -  10d       ok
0ms        verify       K  -  -         not_yet_valid
1d         rotate       K  N  7d        ok     8d
1d         verify       K  -  -         not_yet_valid
1d         verify       N  -  -         not_yet_valid
8d         verify       K  -  -         rotated_out
10d-1ms    verify       N  -  -         not_yet_valid
10d        verify       N  -  -         valid  -

timeline beginning_inside_the_window
0ms        create_from  K  -  1h        ok
0ms        rotate       K  N  2h        ok     2h
1h-1ms     verify       K  -  -         not_yet_valid
1h         verify       K  N  -         valid  2h
1h         verify       N  -  -         valid  -
2h         verify       K  -  -         rotated_out

timeline emergency_of_a_not_yet_valid_key
0ms        create_from  K  -  10d       ok
1d         emergency    K  E  -         ok
1d         verify       K  -  -         revoked
1d         verify       E  -  -         not_yet_valid
10d        verify       E  -  -         valid  -
"""
