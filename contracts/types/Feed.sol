// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Identity of a feed: `keccak256(abi.encode(block.chainid, feedRegistry, name, sourcesDigest, terms, bond, steward, operators, salt))`.
type FeedId is bytes32;

/// @notice Identity of a data request: `keccak256(abi.encode(block.chainid, feedRegistry, terms))`. Zero stands for the
/// rounds of the feed itself.
type DataRequestId is bytes32;

/// @notice What a feed promises, for ever. One word.
/// @dev Quorum is `2 · faults + 1`; `seats ≥ 3 · faults + 1`, so `faults` seats may be silent and as many may lie.
struct FeedTerms {
    /// decimals of the answer, at most 18
    uint8 decimals;
    /// seats of the committee, at most 31
    uint8 seats;
    /// how many of them may fail in any way
    uint8 faults;
    /// longest age of an answer that readers should accept, seconds
    uint32 heartbeat;
    /// length of a turn, seconds: one leader, one observation per seat
    uint24 turnSeconds;
    /// a move of the answer of this size makes a round due at once, in 1/10,000 of the last answer
    uint16 deviationBps;
    /// a larger move parks the round until a second one agrees, in 1/10,000 of the last answer
    uint16 clampBps;
    /// a report this far from its round's median is a strike, in 1/10,000 of the median
    uint16 outlierBps;
    /// strikes in a row that suspend a seat
    uint8 strikesMax;
    /// how long, seconds
    uint32 suspensionSeconds;
    /// what leading a round earns on top of the leader's own report, in payments of a report
    uint8 leaderCredits;
    /// payment of one report, token units; may be zero
    uint80 reportPayment;
}

/// @notice One seat's signed value, with the signature in the short form of EIP-2098.
struct Report {
    uint8 seat;
    /// the value, scaled by the feed's decimals
    int128 value;
    bytes32 r;
    bytes32 vs;
}

/// @notice An answer that was accepted.
struct Round {
    /// 1, 2, 3 ... without gaps
    uint32 number;
    /// the median, scaled by the feed's decimals
    int128 answer;
    /// first second of the turn in which it was observed, Unix seconds
    uint40 observedAt;
    /// block time of the transaction that brought it, Unix seconds
    uint40 updatedAt;
    /// how many reports it is the median of
    uint8 reports;
}

/// @notice Where a feed stands for a reader.
enum FeedState {
    None, //     no such feed
    Empty, //    no round yet
    Live, //     the last answer is not older than the heartbeat
    Stale, //    it is older
    Disputed //  a move beyond the clamp waits for a second round; the last answer stays what it was
}

/// @notice A seat of a committee.
enum SeatStatus {
    None, //     no such seat
    Invited, //  named, not taken
    Seated, //   bonded; its reporter counts
    Vacant //    its operator left or was expelled; the steward may invite another
}

/// @notice A question to a committee, answered once. Static: hashed and passed whole.
struct DataTerms {
    /// the feed whose committee answers
    FeedId committee;
    /// who pays, and to whom the refund goes; filled in by the registry
    address requester;
    /// sha2-256 of the sources document; filled in by the registry
    bytes32 specDigest;
    /// shared by those who reported, token units
    uint128 fee;
    /// last second in which an answer is accepted, Unix seconds
    uint40 deadline;
    /// called with the answer; zero: nobody
    address callbackTarget;
    uint32 callbackGas;
    /// anything; makes otherwise equal terms different requests
    uint96 salt;
}

enum DataStatus {
    None,
    Requested,
    Answered,
    Expired
}

/// @notice What is known of a data request. One slot.
struct DataState {
    DataStatus status;
    /// whether a callback succeeded
    bool delivered;
    uint8 reports;
    /// of the request, later of the answer, Unix seconds
    uint40 updatedAt;
    int128 answer;
}

/// @dev EIP-712. The turn is the time: `turn · turnSeconds` is its first second.
bytes32 constant OBSERVATION_TYPEHASH = keccak256(
    "Observation(bytes32 feedId,bytes32 requestId,uint64 turn,int128 value)"
);
