// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Round, SeatStatus} from "../types/Feed.sol";

/// @notice A round in one word.
/// @dev Bits, low to high: answer 128, updatedAt 40, observedAt 40, reports 8, mark 8, number 32. The mark of the latest round
/// says whether the feed is disputed; the mark of a parked one is the seat that led it.
type RoundWord is uint256;

/// @notice A seat in one word.
/// @dev Bits, low to high: reporter 160, suspendedUntil 40, strikes 8, status 8, credits 40.
type SeatWord is uint256;

using RoundWordLib for RoundWord global;
using SeatWordLib for SeatWord global;

library RoundWordLib {
    uint256 private constant MARK_SHIFT = 216;

    function create(
        uint256 number_,
        int128 answer_,
        uint256 observedAt_,
        uint256 updatedAt_,
        uint256 reports,
        uint256 mark_
    ) internal pure returns (RoundWord) {
        return
            RoundWord.wrap(
                uint256(uint128(answer_)) |
                    (updatedAt_ << 128) |
                    (observedAt_ << 168) |
                    (reports << 208) |
                    (mark_ << MARK_SHIFT) |
                    (number_ << 224)
            );
    }

    function answer(RoundWord self) internal pure returns (int128) {
        return int128(uint128(RoundWord.unwrap(self)));
    }

    function updatedAt(RoundWord self) internal pure returns (uint256) {
        return uint40(RoundWord.unwrap(self) >> 128);
    }

    function observedAt(RoundWord self) internal pure returns (uint256) {
        return uint40(RoundWord.unwrap(self) >> 168);
    }

    function mark(RoundWord self) internal pure returns (uint8) {
        return uint8(RoundWord.unwrap(self) >> MARK_SHIFT);
    }

    function number(RoundWord self) internal pure returns (uint256) {
        return RoundWord.unwrap(self) >> 224;
    }

    function isDisputed(RoundWord self) internal pure returns (bool) {
        return self.mark() != 0;
    }

    function disputed(RoundWord self) internal pure returns (RoundWord) {
        return RoundWord.wrap(RoundWord.unwrap(self) | (1 << MARK_SHIFT));
    }

    function unpack(RoundWord self) internal pure returns (Round memory) {
        return
            Round({
                number: uint32(self.number()),
                answer: self.answer(),
                observedAt: uint40(self.observedAt()),
                updatedAt: uint40(self.updatedAt()),
                reports: uint8(RoundWord.unwrap(self) >> 208)
            });
    }
}

library SeatWordLib {
    uint256 private constant STRIKES_SHIFT = 200;
    uint256 private constant CREDITS_SHIFT = 216;

    function create(
        address reporter_,
        uint256 suspendedUntil_,
        uint256 strikes_,
        SeatStatus status_,
        uint256 credits_
    ) internal pure returns (SeatWord) {
        return
            SeatWord.wrap(
                uint256(uint160(reporter_)) |
                    (suspendedUntil_ << 160) |
                    (strikes_ << STRIKES_SHIFT) |
                    (uint256(uint8(status_)) << 208) |
                    (credits_ << CREDITS_SHIFT)
            );
    }

    function reporter(SeatWord self) internal pure returns (address) {
        return address(uint160(SeatWord.unwrap(self)));
    }

    function suspendedUntil(SeatWord self) internal pure returns (uint256) {
        return uint40(SeatWord.unwrap(self) >> 160);
    }

    function strikes(SeatWord self) internal pure returns (uint256) {
        return uint8(SeatWord.unwrap(self) >> STRIKES_SHIFT);
    }

    function status(SeatWord self) internal pure returns (SeatStatus) {
        return SeatStatus(uint8(SeatWord.unwrap(self) >> 208));
    }

    function credits(SeatWord self) internal pure returns (uint256) {
        return SeatWord.unwrap(self) >> CREDITS_SHIFT;
    }

    /// @notice Whether its reports count now.
    function counts(SeatWord self) internal view returns (bool) {
        return self.status() == SeatStatus.Seated && self.suspendedUntil() <= block.timestamp;
    }

    /// @notice With other strikes; `suspendedUntil_` zero leaves the suspension as it was.
    function withStrikes(SeatWord self, uint256 strikes_, uint256 suspendedUntil_) internal pure returns (SeatWord) {
        uint256 until = suspendedUntil_ == 0 ? self.suspendedUntil() : suspendedUntil_;
        return create(self.reporter(), until, strikes_, self.status(), self.credits());
    }

    /// @notice With so many more credits. 2^40 of them, one per second for 34,000 years, would stop the count.
    function withCredits(SeatWord self, uint256 more) internal pure returns (SeatWord) {
        return SeatWord.wrap(SeatWord.unwrap(self) + (more << CREDITS_SHIFT));
    }

    function withoutCredits(SeatWord self) internal pure returns (SeatWord) {
        return SeatWord.wrap(SeatWord.unwrap(self) & ((1 << CREDITS_SHIFT) - 1));
    }
}
