// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Campaign} from "./support/Campaign.sol";
import {FeeToken} from "./support/FeeToken.sol";
import {JobChecks} from "./support/JobChecks.sol";
import {System} from "./support/SystemTest.sol";

/// @notice The same with a token that keeps a part of every transfer.
contract EverybodyPaysFees is Campaign {
    constructor(System memory system_) Campaign(system_, type(uint256).max) {}

    function _arrives(uint256 amount) internal pure override returns (uint256) {
        return amount - amount / 100;
    }
}

/// @notice Deployments name a token without such a fee. Where it begins to take one, every credit is what arrived, every vault
/// stays covered, and a slash waits until somebody has made up for what the token keeps of it.
contract FeeTokenTest is JobChecks {
    uint256 private constant BURSTS = 6;
    uint256 private constant CAMPAIGNS = 3;

    function setUp() public {
        _begin(address(new FeeToken()), 1e18, type(uint256).max);
    }

    function testFuzz_I25_FeesOnTransferAreNobodysLoss(uint256 seed) public {
        _walk(seed, BURSTS);
        _drainsToTheLastWei();
    }

    /// @notice N1: slashes were refused for want of cover, and others were covered by donations.
    function test_N1_FeesOnTransferMeetSlashes() public {
        uint256 uncovered = 0;
        uint256 slashed = 0;
        for (uint256 campaign = 0; campaign < CAMPAIGNS; ++campaign) {
            uint256 snapshot = vm.snapshotState();
            _walk(campaign, 10 * BURSTS);
            uncovered += _campaign.successes("slash uncovered");
            (uint256 sum, , ) = _campaign.slashTotals();
            if (sum != 0) ++slashed;
            vm.revertToState(snapshot);
        }
        assertGe(uncovered, CAMPAIGNS, "N1: refused");
        assertGe(slashed, 1, "N1: slashed");
    }

    function _walk(uint256 seed, uint256 bursts) private {
        for (uint256 i = 0; i < bursts; ++i) _campaign.burst(uint256(keccak256(abi.encode(seed, i))));
        _NoSurprise();
        _checkMoney();
        _checkStake();
        _checkTerms();
    }

    function _everybody(System memory system, uint256) internal override returns (Campaign) {
        return new EverybodyPaysFees(system);
    }
}
