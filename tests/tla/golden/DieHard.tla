-------------------------------- MODULE DieHard --------------------------------
\* four gallons from two jugs without marks
\* source: DieHard.tla (tlaplus/Examples)
\* protocol die-hard, variant safe

\* A state in which Inside is false is checked, but has no steps.
\* The module means what the model does where every expression has a value.
EXTENDS Integers, FiniteSets, Sequences

CONSTANTS
  \* gallons that the small jug holds
  \* @type: Int;
  SmallJug,
  \* gallons that the big jug holds
  \* @type: Int;
  BigJug

VARIABLES
  \* gallons in the small jug
  \* @type: Int;
  small,
  \* gallons in the big jug
  \* @type: Int;
  big

vars == <<small, big>>

Small == 0..SmallJug

Big == 0..BigJug

\* Every variable stays within its type.
TypeOK ==
  /\ small \in Small
  /\ big \in Big

Inside == TypeOK

Init ==
  /\ small = 0
  /\ big = 0

FillSmallJug ==
  /\ small' = SmallJug
  /\ UNCHANGED <<big>>

FillBigJug ==
  /\ big' = BigJug
  /\ UNCHANGED <<small>>

EmptySmallJug ==
  /\ small' = 0
  /\ UNCHANGED <<big>>

EmptyBigJug ==
  /\ big' = 0
  /\ UNCHANGED <<small>>

SmallToBig ==
  /\ big' = big + (IF small <= BigJug - big THEN small ELSE BigJug - big)
  /\ small' = small - (IF small <= BigJug - big THEN small ELSE BigJug - big)

BigToSmall ==
  /\ small' = small + (IF big <= SmallJug - small THEN big ELSE SmallJug - small)
  /\ big' = big - (IF big <= SmallJug - small THEN big ELSE SmallJug - small)

Next ==
  /\ Inside
  /\ \/ FillSmallJug
     \/ FillBigJug
     \/ EmptySmallJug
     \/ EmptyBigJug
     \/ SmallToBig
     \/ BigToSmall

Spec == Init /\ [][Next]_vars

\* The big jug never holds four gallons.
NotSolved ==
  big # 4
================================================================================
