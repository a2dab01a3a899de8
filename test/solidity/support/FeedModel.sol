// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {APPOINTMENT_TYPEHASH} from "../../../contracts/types/Attestation.sol";
import {
    DataRequestId,
    DataStatus,
    DataTerms,
    FeedId,
    FeedTerms,
    Report,
    Round,
    SeatStatus
} from "../../../contracts/types/Feed.sol";
import {DataNuisance} from "./DataNuisance.sol";
import {System, SystemTest} from "./SystemTest.sol";

/// @notice What a campaign of data nodes believes about the chain: a second, naive registry that follows every successful
/// action, and what the contracts do not keep.
abstract contract FeedModel is SystemTest {
    uint256 internal constant GAS_MAX = 1_500_000;
    uint256 internal constant SEATS = 5;
    uint256 internal constant QUORUM = 3;
    uint256 internal constant OPERATORS = 10;
    uint256 internal constant TURN = 60;
    uint256 internal constant HEARTBEAT = 3_600;
    uint256 internal constant DEVIATION = 50;
    uint256 internal constant CLAMP = 1_000;
    uint256 internal constant OUTLIER = 300;
    uint256 internal constant STRIKES_MAX = 2;
    uint256 internal constant SUSPENSION = 1_200;
    uint256 internal constant LEADER_CREDITS = 2;
    uint256 internal constant PAYMENT = 1e15 + 7;
    uint256 internal constant BOND = 10e18;
    uint256 internal constant STAKE = 45e18;
    uint256 internal constant BALANCE = 1_000e18;
    address internal constant BURN = 0x000000000000000000000000000000000000dEaD;

    address internal constant FUNDER = address(0xF001);
    address internal constant STEWARD = address(0xF002);
    address internal constant ASKER = address(0xF003);
    address internal constant STRANGER = address(0xF004);

    /// @notice A seat as the model sees it.
    struct GhostSeat {
        SeatStatus status;
        address operator;
        address reporter;
        uint256 suspendedUntil;
        uint256 strikes;
        uint256 credits;
    }

    struct GhostBond {
        uint256 amount;
        uint256 releaseAt;
        bool expelled;
    }

    struct GhostKey {
        uint256 privateKey;
        /// whose attester key it is
        address appointedBy;
        /// whether it ever had a seat
        bool used;
        uint256 endedAt;
    }

    struct Question {
        DataRequestId id;
        DataTerms terms;
        DataStatus status;
        bool delivered;
        uint256 askedAt;
        int128 answer;
        uint256 reports;
    }

    System internal _system;
    FeedId internal _feedId;
    DataNuisance public nuisance;
    address[] internal _accounts;
    address[] internal _operatorList;
    mapping(address operator => bool) internal _lies;
    mapping(address account => uint256) internal _ledger;
    mapping(address operator => uint256) internal _stake;
    mapping(address operator => GhostBond) internal _bondOf;
    mapping(address operator => address[]) internal _keysOf;
    mapping(address reporter => GhostKey) internal _keys;
    GhostSeat[5] internal _ghostSeats;
    Question[] internal _questions;

    uint256 internal _fund;
    /// @dev Accepted rounds, the first at index 0.
    Round[] internal _rounds;
    bool internal _disputed;
    Round internal _parked;
    uint256 internal _parkedLeader;

    /// @notice What went otherwise than the model said; empty when nothing did.
    string public surprise;
    mapping(string what => uint256) public successes;
    /// @notice Calls into the protocol, those included that had to fail; and the most gas that one of them took.
    uint256 public calls;
    uint256 public gasMax;
    uint256 private _random;
    uint256 private _keyCount;
    int128 private _price = 3_456_78901234;
    mapping(uint256 turn => int128) private _prices;

    /* RULES, NAIVELY */

    function _counts(uint256 seat) internal view returns (bool) {
        return
            seat < SEATS &&
            _ghostSeats[seat].status == SeatStatus.Seated &&
            block.timestamp >= _ghostSeats[seat].suspendedUntil;
    }

    /// @notice Whether `value` is the lower middle one: judged by counting, without sorting.
    function _isLowerMedian(int128 value, Report[] memory reports) internal pure returns (bool) {
        (uint256 below, uint256 equal) = (0, 0);
        for (uint256 i = 0; i < reports.length; ++i) {
            if (reports[i].value < value) ++below;
            if (reports[i].value == value) ++equal;
        }
        uint256 half = (reports.length + 1) / 2;
        return equal != 0 && below < half && below + equal >= half;
    }

    function _naiveMedian(Report[] memory reports) internal pure returns (int128) {
        for (uint256 i = 0; i < reports.length; ++i) {
            if (_isLowerMedian(reports[i].value, reports)) return reports[i].value;
        }
        revert("no report is the median");
    }

    function _off(int256 value, int256 base) private pure returns (int256 distance, int256 size) {
        distance = value < base ? base - value : value - base;
        size = base < 0 ? -base : base;
    }

    function _isFar(int128 value, int128 base, uint256 bps) internal pure returns (bool) {
        (int256 distance, int256 size) = _off(value, base);
        return distance * 10_000 > size * int256(bps);
    }

    function _hasMoved(int128 value, int128 base) internal pure returns (bool) {
        (int256 distance, int256 size) = _off(value, base);
        return distance != 0 && distance * 10_000 >= size * int256(DEVIATION);
    }

    function _last() internal view returns (Round memory last) {
        if (_rounds.length != 0) last = _rounds[_rounds.length - 1];
    }

    /* THE WORLD */

    /// @notice What the honest see in a turn: one price, however often they look.
    function _priceIn(uint256 turn) internal returns (int128) {
        if (_prices[turn] == 0) {
            // Mostly a little, once in a while far beyond the clamp.
            int256 bps = int256(_draw(16) == 0 ? 1_200 + _draw(4_000) : _draw(100));
            if (_draw(2) == 0) bps = -bps / 2;
            int256 next = int256(_price) + (int256(_price) * bps) / 10_000;
            if (next < 1e6 || next > 1e20) next = 3_456_78901234;
            _price = int128(next);
            _prices[turn] = _price;
        }
        return _prices[turn];
    }

    /// @notice An honest operator's value: its own, a tenth of a percent around the price, the same whenever it is asked.
    function _honestValue(address operator, uint256 turn) internal returns (int128) {
        int128 price = _priceIn(turn);
        uint256 noise = uint256(keccak256(abi.encode(operator, turn))) % 21;
        return int128(int256(price) + (int256(price) * (int256(noise) - 10)) / 10_000);
    }

    function _lie(uint256 turn) internal returns (int128) {
        int128 price = _priceIn(turn);
        uint256 kind = _draw(7);
        if (kind == 0) return type(int128).max;
        if (kind == 1) return type(int128).min;
        if (kind == 2) return 0;
        if (kind == 3) return -price;
        if (kind == 4) return price * 3;
        return int128((int256(price) * int256(9_000 + _draw(2_000))) / 10_000);
    }

    function _signed(
        address reporter,
        uint8 seat,
        DataRequestId requestId,
        uint64 turn,
        int128 value
    ) internal view returns (Report memory) {
        bytes32 digest = _system.feeds.observationDigest(_feedId, requestId, turn, value);
        uint256 privateKey = _keys[reporter].privateKey;
        // Who has no key has somebody else's.
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(privateKey == 0 ? 7 : privateKey, digest);
        return Report(seat, value, r, bytes32((uint256(v - 27) << 255) | uint256(s)));
    }

    /// @notice Another attester key of the operator.
    function _newKey(address operator) internal returns (address reporter) {
        uint256 privateKey = uint256(keccak256(abi.encode("feed key", ++_keyCount)));
        reporter = vm.addr(privateKey);
        _keys[reporter] = GhostKey(privateKey, operator, false, 0);
        _keysOf[operator].push(reporter);
        bytes32 digest = _stakingDigest(keccak256(abi.encode(APPOINTMENT_TYPEHASH, operator, reporter)));
        bytes memory consent = signatureOf(privateKey, digest);
        vm.prank(operator);
        _system.staking.appointAttester(reporter, consent);
    }

    function _stakingDigest(bytes32 structHash) private view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
        );
        bytes32 domain = keccak256(
            abi.encode(
                typeHash,
                keccak256("Remit OperatorStaking"),
                keccak256("1"),
                block.chainid,
                address(_system.staking)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function _terms() internal pure returns (FeedTerms memory) {
        return
            FeedTerms({
                decimals: 8,
                seats: uint8(SEATS),
                faults: 1,
                heartbeat: uint32(HEARTBEAT),
                turnSeconds: uint24(TURN),
                deviationBps: uint16(DEVIATION),
                clampBps: uint16(CLAMP),
                outlierBps: uint16(OUTLIER),
                strikesMax: uint8(STRIKES_MAX),
                suspensionSeconds: uint32(SUSPENSION),
                leaderCredits: uint8(LEADER_CREDITS),
                reportPayment: uint80(PAYMENT)
            });
    }

    /* ACTIONS */

    /// @notice Calls, and insists on the outcome. What fails does so for a reason of ours: no panic, no silence.
    function _try(address caller, address target, bytes memory data, bool expected) internal returns (bool) {
        vm.prank(caller);
        uint256 gas = gasleft();
        (bool success, bytes memory result) = target.call(data);
        gas -= gasleft();
        ++calls;
        if (gas > gasMax) gasMax = gas;
        assertLe(gas, GAS_MAX, "I22: gas");
        if (success != expected) {
            revert AssertionFailed(
                string.concat(expected ? "expected to succeed: " : "expected to fail: ", vm.toString(result))
            );
        }
        if (!success) {
            // What a reverted call logged was recorded as well.
            vm.recordLogs();
            assertGe(result.length, 4, "a reason");
            assertTrue(bytes4(result) != bytes4(0x4e487b71), "I5: a panic");
        }
        return success;
    }

    function _tryFeeds(address caller, bytes memory data, bool expected) internal returns (bool) {
        return _try(caller, address(_system.feeds), data, expected);
    }

    function _count(string memory what) internal {
        ++successes[what];
    }

    function _seed(uint256 seed) internal {
        _random = seed;
    }

    function _draw(uint256 limit) internal returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random)));
        return _random % limit;
    }

    function _anyOperator() internal returns (address) {
        return _operatorList[_draw(OPERATORS)];
    }

    function _anyAccount() internal returns (address) {
        return _accounts[_draw(_accounts.length)];
    }
}
