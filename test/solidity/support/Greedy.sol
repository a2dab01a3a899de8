// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITrialCourt} from "../../../contracts/interfaces/ITrialCourt.sol";

/// @notice Asks for its credit again while it is being paid. Its code is put where somebody with a credit is.
contract Greedy {
    ITrialCourt private immutable _COURT;
    bool public gotMore;

    constructor(ITrialCourt court) {
        _COURT = court;
    }

    receive() external payable {
        try _COURT.withdrawCredit(payable(address(this))) {
            gotMore = true;
        } catch {}
    }
}
