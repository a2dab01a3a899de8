// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RoundWord, RoundWordLib, SeatWord, SeatWordLib} from "../../contracts/libraries/FeedSlots.sol";
import {SeatStatus} from "../../contracts/types/Feed.sol";

/// @notice What goes into a word comes out of it.
contract FeedSlotsProof {
    function roundKeepsItsAnswer(
        uint32 number,
        int128 answer,
        uint40 observedAt,
        uint40 updatedAt,
        uint8 reports,
        uint8 mark
    ) external pure {
        RoundWord word = RoundWordLib.create(number, answer, observedAt, updatedAt, reports, mark);
        assert(word.answer() == answer);
    }

    function roundKeepsItsTimes(
        uint32 number,
        int128 answer,
        uint40 observedAt,
        uint40 updatedAt,
        uint8 reports,
        uint8 mark
    ) external pure {
        RoundWord word = RoundWordLib.create(number, answer, observedAt, updatedAt, reports, mark);
        assert(word.observedAt() == observedAt && word.updatedAt() == updatedAt);
    }

    function roundKeepsNumberAndMark(
        uint32 number,
        int128 answer,
        uint40 observedAt,
        uint40 updatedAt,
        uint8 reports,
        uint8 mark
    ) external pure {
        RoundWord word = RoundWordLib.create(number, answer, observedAt, updatedAt, reports, mark);
        assert(word.number() == number && word.mark() == mark);
    }
}
