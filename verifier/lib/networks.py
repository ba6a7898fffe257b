"""Message networks: sets, bags and channels are used alike, and each kind of failure is an action of its own.

A network is a value of one of these sorts, which determines how messages are delivered:

- `Set[Message]`: they arrive in any order; each is present once, however often it is sent;
- `Fn[Message, Count]` with a range `Count`, a bag: they arrive in any order, each as often as it is sent;
- a sequence of messages, a channel: they arrive in the order in which they are sent.

A function whose values are networks has one for each index: `Fn[Node, Fn[Node, Channel]]` is a channel for each pair. A model
that sends with `send`, guards with `deliverable` and takes with `received` stays the same when its network becomes one of
another sort. Messages that are only tested with `deliverable` and never taken are delivered any number of times.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast

from verifier.kernel import misuse
from verifier.kernel.actions import guard
from verifier.kernel.binding import SurfaceOf
from verifier.kernel.counting import sum_of
from verifier.kernel.errors import ModelError, here, nearest
from verifier.kernel.expressions import Bool, Expr, Int
from verifier.kernel.formulas import fn, forall, image, ite
from verifier.kernel.protocol import Protocol
from verifier.kernel.sorts import FunctionSort, SequenceSort, SetSort, Sort
from verifier.lib.actions import declare

N = TypeVar("N", bound=Expr)
R = TypeVar("R", bound=Expr)


def send(network: N, *messages: Expr) -> N:
    """The network with these messages, in this order: `s.net = send(s.net, Message(...))`."""
    misuse.check_used("send", "write s.net = send(s.net, message)", library=False)
    return _sent(network, *messages)


def _sent(network: N, *messages: Expr) -> N:
    result: Any = network
    for message in messages:
        match _kind(result):
            case "set":
                result = result | {message}
            case "bag":
                result = result.updated(message, result[message] + 1)
            case "channel":
                result = result.append(message)
    return cast(N, result)


def broadcast(network: N, receivers: type[R], message: Callable[[R], Expr]) -> N:
    """The network with a message for each value of a sort: `broadcast(s.net, Node, lambda n: Message(to=n))`.

    Where the network has a channel (or another network) for each receiver, each gets its message there.
    """
    misuse.check_used("broadcast", "write s.net = broadcast(s.net, Node, lambda n: ...)", library=False)
    result, sort = cast(Any, network), network._term.sort
    if isinstance(sort, FunctionSort) and not sort.value.is_integer:
        return cast(N, fn(receivers, lambda receiver: _sent(result[receiver], message(receiver))))
    match _kind(result):
        case "set":
            return cast(N, result | image(receivers, _surface(cast(SetSort, sort).element), message))
        case "bag":
            index = _surface(cast(FunctionSort, sort).index)
            return cast(N, fn(index, lambda m: result[m] + sum_of(receivers, lambda r: ite(message(r) == m, Int(1), Int(0)))))
    hint = "a channel for each receiver can: declare Fn[Node, Channel]"
    raise ModelError(f"one channel, {sort}, has no order for messages sent to all", hint=hint, position=here())


def deliverable(network: Expr, message: Expr) -> Bool:
    """Whether the message can be delivered next."""
    result: Any = network
    match _kind(result):
        case "set":
            return cast(Bool, result.contains(message))
        case "bag":
            return cast(Bool, result[message] > 0)
        case "channel":
            return cast(Bool, (result.length() > 0) & (result.head() == message))


def received(network: N, message: Expr) -> N:
    """The network without the message, which has to be deliverable: `s.net = received(s.net, m)`."""
    misuse.check_used("received", "write s.net = received(s.net, message)", library=False)
    return _taken(network, message)


def _taken(network: N, message: Expr) -> N:
    result: Any = network
    match _kind(result):
        case "set":
            return cast(N, result - {message})
        case "bag":
            return cast(N, result.updated(message, result[message] - 1))
        case "channel":
            return cast(N, result.tail())


def quiet(network: Expr) -> Bool:
    """Whether nothing is on its way."""
    result, sort = cast(Any, network), network._term.sort
    if isinstance(sort, FunctionSort) and not sort.value.is_integer:
        return forall(_surface(sort.index), lambda i: quiet(result[i]))
    match _kind(result):
        case "set":
            return cast(Bool, result.is_empty())
        case "bag":
            return cast(Bool, forall(_surface(cast(FunctionSort, sort).index), lambda m: result[m] == 0))
        case "channel":
            return cast(Bool, result.length() == 0)


def lossy(protocol: Protocol, network: str, *, name: str = "Lose") -> Callable[..., None]:
    """Declares the action that loses a message that could be delivered next in the state variable `network`; the result stands
    for the action.
    """

    def lose(result: Any, message: Expr) -> Any:
        guard("on-its-way", deliverable(result, message))
        return _taken(result, message)

    return _mishap(protocol, network, name, "A message is lost.", lose)


def duplicating(protocol: Protocol, network: str, *, name: str = "Duplicate") -> Callable[..., None]:
    """Declares the action that duplicates a message that could be delivered next in a bag or channel; the result stands for the
    action.
    """

    def duplicate(result: Any, message: Expr) -> Any:
        match _kind(result):
            case "set":
                hint = "test messages with deliverable(...), and do not take them"
                raise ModelError(f"{network} is a set and has each message once", hint=hint, position=here())
            case "bag":
                guard("on-its-way", deliverable(result, message))
                return _sent(result, message)
            case "channel":
                guard("on-its-way", deliverable(result, message))
                return result.insert_at(1, message)

    return _mishap(protocol, network, name, "A message is doubled.", duplicate)


def _mishap(
    protocol: Protocol, network: str, name: str, doc: str, change: Callable[[Any, Expr], Any]
) -> Callable[..., None]:
    declared = {variable.name: variable for variable in protocol.variables}
    if network not in declared:
        hint = nearest(network, declared, "variables")
        raise ModelError(f"{protocol.name} has no state variable {network}", hint=hint, position=here())
    sort = declared[network].sort
    arguments: dict[str, Any] = {}
    while isinstance(sort, FunctionSort) and not sort.value.is_integer:
        arguments[f"at{len(arguments) + 1}"] = _surface(sort.index)
        sort = sort.value
    message = sort.index if isinstance(sort, FunctionSort) else getattr(sort, "element", sort)

    def body(s: Any, *given: Any) -> None:
        *path, sent = given
        whole = getattr(s, network)
        if not path:
            setattr(s, network, change(whole, sent))
            return
        place = whole
        for index in path[:-1]:
            place = place[index]
        place[path[-1]] = change(place[path[-1]], sent)

    return declare(protocol, name, {**arguments, "message": _surface(message)}, doc, body)


def _kind(network: Any) -> Literal["set", "bag", "channel"]:
    sort = network._term.sort if isinstance(network, Expr) else network
    match sort:
        case SetSort():
            return "set"
        case SequenceSort():
            return "channel"
        case FunctionSort(value=value) if value.is_integer:
            return "bag"
    hint = "use Set[Message], Fn[Message, Count] with a range Count, or a sequence of messages"
    raise ModelError(f"{sort} is not a network", hint=hint, position=here())


def _surface(sort: Sort) -> Any:
    """The stand-in for a sort where its class is expected."""
    return SurfaceOf(sort)
