-------------------------------- MODULE Courier --------------------------------
\* parcels in a bag, delivered in order
\* source: nowhere @ type: Str
\* protocol courier, variant safe

\* A state in which Inside is false is checked, but has no steps.
\* The module means what the model does where every expression has a value.
\* Defined_HeaviestIsKnown is Defined@HeaviestIsKnown in the model.
\* Defined_TwoAtMost is Defined@TwoAtMost in the model.
\* Range_Next is Range@Next in the model.
\* VARIABLE_ is VARIABLE in the model.
\* The field DOMAIN_ is DOMAIN in the model.
\* Not every version of Apalache reads: CHOOSE, recursive operators.
EXTENDS Integers, FiniteSets, Sequences

CONSTANTS
  \* greatest weight
  \* @type: Int;
  Top,
  \* search bound: parcels in the bag
  \* @type: Int;
  Room,
  \* interchangeable names, with some that are named
  \* @type: Set(Str);
  House,
  \* @type: Str;
  Depot

VARIABLES
  \* where the courier is
  \* @type: Str;
  VARIABLE_,
  \* the bag
  \* @type: Seq({ weight: Int, DOMAIN_: Int });
  bag,
  \* the heaviest parcel that a house got
  \* @type: Str -> Set(Int);
  got,
  \* parcels that have been delivered
  \* @type: Set({ weight: Int, DOMAIN_: Int });
  Next

vars == <<VARIABLE_, bag, got, Next>>

Phase == {"WITH", "Away"}

Weight == 0..Top

Parcel == [weight : Weight, DOMAIN_ : Weight]

\* The order of Parcel, by its fields from the first on.
\* @type: ({ weight: Int, DOMAIN_: Int }, { weight: Int, DOMAIN_: Int }) => Bool;
LessParcel(a, b) == a.weight < b.weight \/ (a.weight = b.weight /\ (a.DOMAIN_ < b.DOMAIN_))

\* The value of an option: Value({x}) is x.
\* @type: Set(a) => a;
Value(S) == CHOOSE x \in S : TRUE

RECURSIVE TotalOver(_, _)

\* @type: (a -> Int, Set(a)) => Int;
TotalOver(f, S) ==
  IF S = {} THEN 0 ELSE LET x == CHOOSE y \in S : TRUE IN f[x] + TotalOver(f, S \ {x})

\* The sum of the values of a function.
\* @type: (a -> Int) => Int;
Total(f) == TotalOver(f, DOMAIN f)

ASSUME SomeWeight ==
  1 <= Top

\* Every variable stays within its type.
TypeOK ==
  /\ VARIABLE_ \in Phase
  /\ Len(bag) <= Room
  /\ \A i1 \in DOMAIN bag : bag[i1] \in Parcel
  /\ \A i1 \in House : Cardinality(got[i1]) <= 1
  /\ \A i1 \in House : \A i2 \in got[i1] : i2 \in Weight

\* No step stores a value of Next outside its range.
Range_Next ==
  /\ Next \in SUBSET Parcel

Inside ==
  /\ TypeOK
  /\ Range_Next

Init ==
  /\ VARIABLE_ = "WITH"
  /\ bag = <<>>
  /\ got = [i \in House |-> {}]
  /\ Next = {}

\* A parcel goes into the bag.
\* @type: (Int) => Bool;
Take(w) ==
  /\ VARIABLE_ = "WITH"                                          \* at-home
  /\ Len(bag) < Room                                             \* room
  /\ (Len(bag) = 0 \/ bag[Len(bag)].weight < w) = TRUE           \* heavier
  /\ bag' = Append(bag, [weight |-> w, DOMAIN_ |-> 0])
  /\ UNCHANGED <<VARIABLE_, got, Next>>

\* The courier leaves.
Leave ==
  /\ 0 < Len(bag)                                                \* has-some
  /\ VARIABLE_' = "Away"
  /\ UNCHANGED <<bag, got, Next>>

\* The first parcel is delivered.
\* @type: (Str) => Bool;
Deliver(h) ==
  /\ "Away" = VARIABLE_ /\ 0 < Len(bag)                          \* away
  /\ (got[h] = {} \/ Value(got[h]) <= bag[1].weight) = TRUE      \* no-lighter
  /\ got' = [got EXCEPT ![h] = {bag[1].weight}]
  /\ Next' = Next \cup {bag[1]}
  /\ bag' = Tail(bag)
  /\ UNCHANGED <<VARIABLE_>>

Next_ ==
  /\ Inside
  /\ \/ \E w \in Weight : Take(w)
     \/ Leave
     \/ \E h \in House : Deliver(h)

Spec == Init /\ [][Next_]_vars

\* Courier-1: What a house got has been delivered.
HeaviestIsKnown ==
  \A h \in House :
    got[h] # {}
    => Value(got[h]) <= (LET among == Next IN CHOOSE x \in among : \A y \in among : x = y \/ LessParcel(y, x)).weight

\* Courier-2: Fails: the weights of what the houses got are two at most.
TwoAtMost ==
  Total([h \in House |-> IF got[h] # {} THEN Value(got[h]) ELSE 0]) <= 2

\* Nothing that is delivered comes back.
Grows ==
  [][(Next \subseteq Next')]_<<Next>>

\* Courier-L1: Weights are compared.
LighterOrNot ==
  \A a, b \in Weight : a < b \/ b <= a

\* Courier-L: What is in the bag leaves it.
Arrives ==
  ( /\ WF_vars(Leave)
    /\ \A h \in House : WF_vars(Deliver(h))
  ) => (("Away" = VARIABLE_) ~> (Len(bag) = 0))

\* Fails: the courier need not do anything.
Starts ==
  <>(\E h \in House : got[h] # {})

\* Initial values and predicates, constraints and actions use no undefined value.
Defined ==
  /\ Inside
     => (\A w \in Weight :
           VARIABLE_ = "WITH" /\ Len(bag) < Room => (Len(bag) # 0 => 1 <= Len(bag) /\ Len(bag) <= Len(bag)))
  /\ Inside
     => (\A h \in House :
           /\ "Away" = VARIABLE_ /\ 0 < Len(bag) => (got[h] # {} => got[h] # {})
           /\ "Away" = VARIABLE_ /\ 0 < Len(bag) => (got[h] # {} => 1 <= 1 /\ 1 <= Len(bag))
           /\ /\ "Away" = VARIABLE_ /\ 0 < Len(bag) => (got[h] # {} => got[h] # {})
              /\ "Away" = VARIABLE_ /\ 0 < Len(bag) => (got[h] # {} => 1 <= 1 /\ 1 <= Len(bag))
              /\ "Away" = VARIABLE_
              /\ 0 < Len(bag)
              /\ got[h] = {} \/ Value(got[h]) <= bag[1].weight
              => 1 <= 1 /\ 1 <= Len(bag) /\ 1 <= 1 /\ 1 <= Len(bag) /\ 1 <= Len(bag))

\* The text of HeaviestIsKnown has a value wherever it is evaluated.
Defined_HeaviestIsKnown ==
  /\ Inside
     => (/\ \A h \in House : got[h] # {} => got[h] # {}
         /\ \A h \in House : got[h] # {} => \E x \in Parcel : x \in Next)

\* The text of TwoAtMost has a value wherever it is evaluated.
Defined_TwoAtMost ==
  /\ Inside
     => (\A h \in House : got[h] # {} => got[h] # {})
================================================================================
