// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RoundWord, RoundWordLib, SeatWord, SeatWordLib} from "../../../contracts/libraries/FeedSlots.sol";
import {Round, SeatStatus} from "../../../contracts/types/Feed.sol";
import {Test} from "../support/Test.sol";

/// @notice What goes into the words of a feed comes out of them, and a change of one field leaves the others alone.
contract FeedSlotsTest is Test {
    struct RoundFields {
        uint32 number;
        int128 answer;
        uint40 observedAt;
        uint40 updatedAt;
        uint8 reports;
        uint8 mark;
    }

    struct SeatFields {
        address reporter;
        uint40 suspendedUntil;
        uint8 strikes;
        uint8 status;
        uint40 credits;
    }

    function testFuzz_RoundsRoundTrip(RoundFields memory f) public pure {
        RoundWord word = RoundWordLib.create(f.number, f.answer, f.observedAt, f.updatedAt, f.reports, f.mark);
        assertEq(word.mark(), f.mark, "mark");
        assertEq(word.isDisputed(), f.mark != 0, "disputed");
        _checkRound(word, f);
    }

    function testFuzz_ADisputeMarksOneBit(RoundFields memory f) public pure {
        RoundWord word = RoundWordLib.create(f.number, f.answer, f.observedAt, f.updatedAt, f.reports, 0).disputed();
        assertEq(word.mark(), 1, "mark");
        assertTrue(word.isDisputed(), "disputed");
        _checkRound(word, f);
    }

    function testFuzz_SeatsRoundTrip(SeatFields memory f) public pure {
        _checkSeat(_seat(f), f);
        // The last bit of every field.
        f.reporter = address(uint160(f.reporter) | 1 | (1 << 159));
        (f.suspendedUntil, f.strikes, f.credits) = (
            f.suspendedUntil | (1 << 39),
            f.strikes | 0x80,
            f.credits | (1 << 39)
        );
        _checkSeat(_seat(f), f);
    }

    function testFuzz_StrikesLeaveTheRest(SeatFields memory f, uint8 strikes, uint40 until) public pure {
        SeatWord word = _seat(f).withStrikes(strikes, until);
        f.strikes = strikes;
        if (until != 0) f.suspendedUntil = until;
        _checkSeat(word, f);
        _checkSeat(word.withStrikes(strikes, 0), f);
    }

    function testFuzz_CreditsLeaveTheRest(SeatFields memory f, uint40 more) public pure {
        f.credits = uint40(bound(f.credits, 0, type(uint40).max - more));
        SeatWord word = _seat(f).withCredits(more);
        f.credits += more;
        _checkSeat(word, f);
        f.credits = 0;
        _checkSeat(word.withoutCredits(), f);
    }

    function testFuzz_ASeatCountsFromTheEndOfItsSuspension(SeatFields memory f, uint40 now_) public {
        vm.warp(now_);
        bool counts = f.status % 4 == uint8(SeatStatus.Seated) && f.suspendedUntil <= now_;
        assertEq(_seat(f).counts(), counts, "any time");
        (f.status, f.suspendedUntil) = (uint8(SeatStatus.Seated), now_);
        assertTrue(_seat(f).counts(), "its last second is over");
    }

    /* INTERNAL */

    function _seat(SeatFields memory f) private pure returns (SeatWord) {
        return SeatWordLib.create(f.reporter, f.suspendedUntil, f.strikes, SeatStatus(f.status % 4), f.credits);
    }

    function _checkRound(RoundWord word, RoundFields memory f) private pure {
        assertEq(word.number(), f.number, "number");
        assertEq(uint256(uint128(word.answer())), uint256(uint128(f.answer)), "answer");
        assertEq(word.observedAt(), f.observedAt, "observed at");
        assertEq(word.updatedAt(), f.updatedAt, "updated at");
        Round memory round = word.unpack();
        assertEq(round.number, f.number, "unpacked number");
        assertEq(uint256(uint128(round.answer)), uint256(uint128(f.answer)), "unpacked answer");
        assertEq(round.observedAt, f.observedAt, "unpacked observed at");
        assertEq(round.updatedAt, f.updatedAt, "unpacked updated at");
        assertEq(round.reports, f.reports, "unpacked reports");
    }

    function _checkSeat(SeatWord word, SeatFields memory f) private pure {
        assertEq(word.reporter(), f.reporter, "reporter");
        assertEq(word.suspendedUntil(), f.suspendedUntil, "suspended until");
        assertEq(word.strikes(), f.strikes, "strikes");
        assertEq(uint8(word.status()), f.status % 4, "status");
        assertEq(word.credits(), f.credits, "credits");
    }
}
