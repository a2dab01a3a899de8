// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    DataRequestId,
    DataState,
    DataTerms,
    FeedId,
    FeedState,
    FeedTerms,
    Report,
    Round,
    SeatStatus
} from "../types/Feed.sol";

/// @title Facts from outside: feeds, and single questions to a feed's committee
/// @notice A feed has a committee of bonded operators. Each signs at most one value per turn; the leader of a turn brings a
/// quorum of them in one transaction; the contract checks the signatures and stores the median.
/// @dev Chain time is cut into turns of `turnSeconds`. The leader of turn `t` is seat `t mod seats`, so a dead leader is
/// followed by another when the turn ends. Reports count in their turn and in the next one. A round is due when three
/// quarters of the heartbeat have passed or the median has moved by `deviationBps`.
///
/// A move beyond `clampBps` is not accepted: the round is parked and the feed is `Disputed`, while readers keep the last answer
/// with its old time. The way out is a round of another leader: if its median lies within the clamp of the parked one, or of
/// the last answer, it is accepted; otherwise it is parked in its place.
///
/// Two signed values of one seat for one turn are a double report: the feed bond is slashed. Outliers are only suspended, for a
/// leader that picks among reports must not be able to frame anybody; and only as many as leave a quorum among those who
/// reported in the same round, who are known to be there.
///
/// What a feed is never changes. Its steward (zero: nobody) invites operators to vacant seats and takes back what nobody has
/// earned of the fund; it can remove no operator and change no answer.
interface IFeedRegistry {
    /// @notice A seat of a committee as it is now.
    struct Seat {
        SeatStatus status;
        /// the key whose observations count
        address reporter;
        address operator;
        /// first second in which its reports count again, Unix seconds; zero: never suspended
        uint40 suspendedUntil;
        /// strikes in a row
        uint8 strikes;
        /// payments of a report that were earned and not collected
        uint40 credits;
    }

    /// @notice What answers for an operator's observations, token units.
    struct FeedBond {
        uint128 amount;
        /// first second in which it may be released, Unix seconds; zero while the operator has its seat
        uint40 releaseAt;
        /// slashed once; never to sit in this committee again
        bool expelled;
    }

    event FeedCreated(
        FeedId indexed feedId,
        address indexed steward,
        bytes32 name,
        bytes32 sourcesDigest,
        FeedTerms terms,
        uint128 bond,
        address[] operators
    );
    event OperatorInvited(FeedId indexed feedId, uint8 seat, address indexed operator);
    event SeatTaken(FeedId indexed feedId, uint8 seat, address indexed operator, address reporter, uint128 bond);
    event ReporterReplaced(FeedId indexed feedId, uint8 seat, address reporter);
    event SeatLeft(FeedId indexed feedId, uint8 seat, address indexed operator, uint40 releaseAt);
    event FeedBondReleased(FeedId indexed feedId, address indexed operator, uint128 amount);
    event FeedFunded(FeedId indexed feedId, address indexed from, uint128 amount);
    event FeedDefunded(FeedId indexed feedId, uint128 amount);
    /// @notice A round was accepted. `seats` has a bit for every report; `paid` says whether the fund sufficed.
    event FeedReported(
        FeedId indexed feedId,
        uint32 indexed round,
        int128 answer,
        uint64 turn,
        uint8 leader,
        uint32 seats,
        bool paid
    );
    /// @notice A round beyond the clamp was parked. Paid like any other.
    event FeedDisputed(FeedId indexed feedId, int128 answer, uint64 turn, uint8 leader, uint32 seats, bool paid);
    event SeatSuspended(FeedId indexed feedId, uint8 seat, uint40 until);
    event CreditsCollected(FeedId indexed feedId, uint8 seat, address indexed operator, uint40 credits, uint256 amount);
    /// @notice `reporter` is who proved it. The seat, if the operator still had one, is vacant now.
    event DoubleReportProven(FeedId indexed feedId, address indexed operator, address reporter, uint64 turn);

    event DataRequested(DataRequestId indexed requestId, FeedId indexed committee, DataTerms terms, bytes spec);
    event DataAnswered(DataRequestId indexed requestId, int128 answer, uint64 turn, uint8 leader, uint32 seats);
    event DataExpired(DataRequestId indexed requestId, uint128 refund);
    event DataCallbackFailed(DataRequestId indexed requestId);
    event DataCallbackRetried(DataRequestId indexed requestId);

    /// @notice Thrown for terms that cannot work; `field` names the first.
    error FeedRegistryInvalidTerms(bytes32 field);
    error FeedRegistryAlreadyCreated(FeedId feedId);
    error FeedRegistryUnknownFeed(FeedId feedId);
    error FeedRegistryUnauthorized(address caller);
    error FeedRegistryWrongSeat(uint8 seat, SeatStatus status);
    error FeedRegistryExpelled(FeedId feedId, address operator);
    /// @notice Thrown when an operator has a seat already, or its bond of an earlier one is still here.
    error FeedRegistryAlreadySeated(FeedId feedId, address operator);
    /// @notice Thrown when the key is not an attester key of the operator, or was used in this committee before.
    error FeedRegistryInvalidReporter(address reporter);
    error FeedRegistryBondNotReleased(FeedId feedId, address operator, uint256 releaseAt);
    error FeedRegistryInsufficientFund(FeedId feedId, uint256 fund, uint256 needed);
    error FeedRegistryZeroAmount();
    /// @notice Thrown when the reports are not of this turn or the one before.
    error FeedRegistryWrongTurn(uint64 turn, uint64 now_);
    /// @notice Thrown when a later or the same turn was used before.
    error FeedRegistryTurnUsed(uint64 turn, uint64 last);
    error FeedRegistryNotLeader(address caller, uint8 leader);
    error FeedRegistryNoQuorum(uint256 reports, uint256 quorum);
    /// @notice Thrown when seats do not ascend strictly.
    error FeedRegistrySeatOrder(uint8 seat, uint8 previous);
    error FeedRegistryInvalidSignature(uint8 seat);
    error FeedRegistrySuspended(uint8 seat, uint256 until);
    error FeedRegistryNotDue(FeedId feedId, uint256 dueAt);
    /// @notice Thrown when the leader of a parked round would also decide it.
    error FeedRegistrySameLeader(uint8 leader);
    error FeedRegistryNotDouble();
    error FeedRegistryNoRound(FeedId feedId, uint256 round);
    error FeedRegistryNotLive(FeedId feedId, FeedState state);
    /// @notice Thrown when no such request waits for its end.
    error FeedRegistryUnknownRequest(DataRequestId requestId);
    error FeedRegistryAlreadyRequested(DataRequestId requestId);
    error FeedRegistryInvalidRequest(bytes32 field);
    error FeedRegistryDeadlinePassed(DataRequestId requestId, uint256 deadline);
    error FeedRegistryDeadlineNotPassed(DataRequestId requestId, uint256 deadline);
    error FeedRegistryInsufficientGas(uint256 gasLeft, uint256 needed);
    error FeedRegistryCallbackNotDue(DataRequestId requestId);
    error FeedRegistryCallbackFailed(DataRequestId requestId);

    /// @notice How many rounds of a feed stay readable.
    function ROUNDS_KEPT() external view returns (uint256);

    /// @notice Largest sources document of a data request, bytes.
    function SPEC_MAX() external view returns (uint256);

    /// @notice Seconds between leaving a seat and the release of its bond. Never changes.
    function leaveDelay() external view returns (uint256);

    /* FEEDS */

    /// @notice Makes a feed. Its operators take their seats by `join`.
    /// @param name at most 31 bytes of text, left-aligned, such as "ETH / USD"
    /// @param sourcesDigest sha2-256 of the sources document that every seat fetches by
    /// @param bond what each seat locks of its stake, token units
    /// @param steward who invites to vacant seats; zero: nobody ever
    /// @param operators one per seat, distinct
    function createFeed(
        bytes32 name,
        bytes32 sourcesDigest,
        FeedTerms calldata terms,
        uint128 bond,
        address steward,
        address[] calldata operators,
        bytes32 salt
    ) external returns (FeedId feedId);

    /// @notice Takes a seat: the caller is the invited operator; the bond is locked out of its free stake.
    /// @param reporter one of the caller's attester keys, new to this committee
    function join(FeedId feedId, uint8 seat, address reporter) external;

    /// @notice Puts another key on the caller's seat. What the old one signed stays binding.
    function replaceReporter(FeedId feedId, uint8 seat, address reporter) external;

    /// @notice Leaves a seat. The bond stays for `leaveDelay`.
    function leave(FeedId feedId, uint8 seat) external;

    /// @notice Returns the bond of an operator that left, to its free stake. Anybody may call.
    function releaseBond(FeedId feedId, address operator) external;

    /// @notice Names an operator for a seat that nobody has taken or that became vacant. Only the steward.
    function invite(FeedId feedId, uint8 seat, address operator) external;

    /// @notice Adds to what rounds are paid from, out of the caller's balance in `Settlement`.
    function fund(FeedId feedId, uint128 amount) external;

    /// @notice Takes back what nobody has earned. Only the steward.
    function defund(FeedId feedId, uint128 amount) external;

    /// @notice Brings a round. Only the reporter of the turn's leader.
    /// @param turn the turn all reports were signed for: the current one or the one before
    /// @param reports at least a quorum, seats strictly ascending
    function report(FeedId feedId, uint64 turn, Report[] calldata reports) external;

    /// @notice Credits what a seat has earned to its operator's balance in `Settlement`. Anybody may call.
    function collect(FeedId feedId, uint8 seat) external returns (uint256 amount);

    /// @notice Proves that a reporter signed two values for one turn of one subject; its operator's bond is slashed and its
    /// seat becomes vacant. Anybody may call; the caller gets the reporter's share.
    /// @param requestId zero for a feed's rounds
    /// @param first any report that the same key signed: the seat numbers are ignored
    function proveDoubleReport(
        FeedId feedId,
        DataRequestId requestId,
        uint64 turn,
        Report calldata first,
        Report calldata second
    ) external;

    /* QUESTIONS */

    /// @notice Asks a committee one question. The fee is taken from the caller's balance in `Settlement`.
    /// @param terms the registry fills in `requester` and `specDigest`
    /// @param spec the sources document, at most `SPEC_MAX` bytes
    function requestData(DataTerms memory terms, bytes calldata spec) external returns (DataRequestId requestId);

    /// @notice Answers. Rules as for `report`, but it is always due, has no clamp and strikes nobody: anybody may ask a question
    /// that honest seats answer differently. Every report earns an equal part of the fee; the leader `leaderCredits` parts more and
    /// the rest.
    function answerData(DataTerms calldata terms, uint64 turn, Report[] calldata reports) external;

    /// @notice Ends a request that nobody answered in time: the fee goes back.
    function expireData(DataTerms calldata terms) external;

    /// @notice Calls a callback again that failed. Reverts if it fails again.
    function retryDataCallback(DataTerms calldata terms) external;

    /* VIEWS */

    function feedTerms(FeedId feedId) external view returns (FeedTerms memory);

    /// @notice What a feed is called, where its values come from, and who may invite.
    function feedInfo(
        FeedId feedId
    ) external view returns (bytes32 name, bytes32 sourcesDigest, address steward, uint128 bond, uint128 fund);

    function feedState(FeedId feedId) external view returns (FeedState);

    function seatOf(FeedId feedId, uint8 seat) external view returns (Seat memory);

    function bondOf(FeedId feedId, address operator) external view returns (FeedBond memory);

    /// @notice The last accepted round, whatever its age and whether or not the feed is disputed.
    function latestRound(FeedId feedId) external view returns (Round memory);

    /// @notice The last accepted round in one word, for readers that count gas; its number is zero before the first round.
    /// @dev Bits, low to high: answer 128, updatedAt 40, observedAt 40, reports 8, disputed 8, number 32.
    function latestSlotOf(FeedId feedId) external view returns (uint256);

    /// @notice A round that is still kept.
    function roundOf(FeedId feedId, uint256 number) external view returns (Round memory);

    /// @notice The parked round of a disputed feed (`number` is zero), and who led it.
    function parkedRound(FeedId feedId) external view returns (Round memory parked, uint8 leader);

    /// @notice The last answer; reverts unless the feed is `Live`.
    function freshAnswer(FeedId feedId) external view returns (Round memory);

    /// @notice The last `count` answers as a vector of float32, oldest first, 4 bytes big-endian each: answer / 10^decimals,
    /// rounded to the nearest, ties to even. Reverts unless the feed is `Live` and has kept so many.
    function windowOf(FeedId feedId, uint256 count) external view returns (bytes memory vector, uint32 lastRound);

    /// @notice The turn of now, and the seat that leads it.
    function turnOf(FeedId feedId) external view returns (uint64 turn, uint8 leader);

    function dataState(DataRequestId requestId) external view returns (DataState memory);

    function dataRequestIdOf(DataTerms memory terms) external view returns (DataRequestId);

    /// @notice What a reporter signs: the EIP-712 digest of an `Observation` under this registry's domain.
    function observationDigest(
        FeedId feedId,
        DataRequestId requestId,
        uint64 turn,
        int128 value
    ) external view returns (bytes32);
}
