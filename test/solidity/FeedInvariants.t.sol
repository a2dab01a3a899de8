// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FeedCampaign} from "./support/FeedCampaign.sol";
import {FeedChecks} from "./support/FeedChecks.sol";
import {Test} from "./support/Test.sol";

/// @notice The campaign that runs. The runner calls only contracts that a test file defines itself.
contract DataNodes is FeedChecks {}

/// @notice What holds for feeds and questions under any campaign of leaders, liars, operators that come and go, funders and
/// strangers: I28, I29, and what money and stake promise anyway.
contract FeedInvariantsTest is Test {
    /// @dev What the runner reads from `targetSelectors`.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    uint256 private constant CAMPAIGNS = 3;
    uint256 private constant BURSTS = 120;

    FeedChecks private _campaign;

    function setUp() public {
        neverRunAgain();
        _campaign = new DataNodes();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_campaign);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0].addr = address(_campaign);
        targets[0].selectors = new bytes4[](1);
        targets[0].selectors[0] = FeedCampaign.burst.selector;
    }

    /// @notice I28: an accepted answer is the lower median of a quorum of distinct fresh reports and lies between the honest ones;
    /// numbers and times increase; nobody computes with a stale or disputed one. I29: no leader alone moves it beyond the clamp.
    /// I33: all of it is what the events tell.
    function invariant_I11_I22_I24_I28_I29_I33_AnswersAreFreshMedians() public view {
        _noSurprise();
        _campaign.checkRounds();
        _campaign.checkQuestions();
        _campaign.checkDispute();
        _campaign.replica().check();
    }

    /// @notice I1, I2, I8: funds, credits and fees are all there, to the wei. I3, I4, I6, I18: feed bonds are locked stake, leave
    /// after their delay, are slashed once and from liars only.
    function invariant_I1_I2_I3_I4_I6_I8_I18_MoneyAndBondsOfFeeds() public view {
        _noSurprise();
        _campaign.checkMoney();
        _campaign.checkSeats();
    }

    /// @notice I14: from wherever a campaign stands, everything drains.
    /// N1: every burst was worth its name.
    function afterInvariant() public {
        _noSurprise();
        assertGe(_campaign.calls(), _campaign.bursts() * _campaign.BURST_CALLS(), "N1: calls");
        _campaign.drain();
    }

    /// @notice N1: campaigns are not vacuous: whatever can happen to rounds, seats, money and questions did.
    function test_N1_EverythingHappensToFeeds() public {
        string[35] memory events = [
            "first round",
            "accepted",
            "parked",
            "parked again",
            "resolved",
            "large move confirmed",
            "unpaid",
            "strike",
            "suspended",
            "spared for the quorum",
            "slash",
            "slash after leaving",
            "expelled, not invited",
            "join",
            "replace reporter",
            "leave",
            "invite",
            "release bond",
            "fund",
            "defund",
            "collect",
            "ask",
            "answer",
            "delivered",
            "callback failed",
            "re-entry tried",
            "retry callback",
            "expire",
            "trespass",
            "days",
            "late round",
            "refused: turn",
            "refused: leader",
            "refused: reports",
            "refused: not due"
        ];
        uint256[35] memory sums;
        for (uint256 campaign = 0; campaign < CAMPAIGNS; ++campaign) {
            uint256 snapshot = vm.snapshotState();
            for (uint256 i = 0; i < BURSTS; ++i) _campaign.burst(uint256(keccak256(abi.encode(campaign, i))));
            _noSurprise();
            _campaign.checkRounds();
            _campaign.checkDispute();
            _campaign.checkMoney();
            _campaign.checkSeats();
            _campaign.checkQuestions();
            for (uint256 i = 0; i < events.length; ++i) sums[i] += _campaign.successes(events[i]);
            _campaign.drain();
            vm.revertToState(snapshot);
        }
        string memory missing = "";
        for (uint256 i = 0; i < events.length; ++i) {
            if (sums[i] == 0) missing = string.concat(missing, events[i], "; ");
        }
        assertEq(bytes(missing).length, 0, missing);
    }

    function _noSurprise() private view {
        assertEq(bytes(_campaign.surprise()).length, 0, _campaign.surprise());
    }
}
