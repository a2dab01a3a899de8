// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDataCallback} from "../interfaces/IDataCallback.sol";
import {DataRequestId} from "../types/Feed.sol";

/// @notice Remembers the last answer it was called with, or refuses it. For tests.
contract DataReader is IDataCallback {
    struct Answer {
        DataRequestId requestId;
        int128 answer;
    }

    Answer public last;
    bool public failing;

    error DataReaderRefuses();

    function setFailing(bool failing_) external {
        failing = failing_;
    }

    function onData(DataRequestId requestId, int128 answer) external {
        if (failing) revert DataReaderRefuses();
        last = Answer(requestId, answer);
    }
}
