// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ScheduleCampaign} from "./support/ScheduleCampaign.sol";
import {Test} from "./support/Test.sol";

/// @notice The campaign that runs. The runner calls only contracts that a test file defines itself.
contract Schedules is ScheduleCampaign {}

/// @notice What holds for schedules under any campaign: their money leaves by their jobs' fees, by their tips, and to whom their
/// owners say; refunds come home; whether one is due is what its terms say.
contract ScheduleInvariantsTest is Test {
    /// @dev What the runner reads from `targetSelectors`.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    uint256 private constant CAMPAIGNS = 3;
    uint256 private constant BURSTS = 90;

    ScheduleCampaign private _campaign;

    function setUp() public {
        neverRunAgain();
        _campaign = new Schedules();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_campaign);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0].addr = address(_campaign);
        targets[0].selectors = new bytes4[](1);
        targets[0].selectors[0] = ScheduleCampaign.burst.selector;
    }

    /// @notice I1, I2, I26: solvency of every schedule alone; nobody's balance moves but by rule.
    function invariant_I1_I2_I26_MoneyOfSchedules() public view {
        _noSurprise();
        _campaign.checkMoney();
    }

    /// @notice I5, I11, I21, I22: states, terms and owners; every action succeeds exactly when the model says so. I33: the
    /// events tell all of it.
    function invariant_I5_I11_I21_I22_I33_SchedulesKeepTheirTerms() public view {
        _noSurprise();
        _campaign.checkSchedules();
        _campaign.replica().check();
    }

    /// @notice I14: from wherever a campaign stands, everything drains. N1: every burst was worth its name.
    function afterInvariant() public {
        _noSurprise();
        assertGe(_campaign.calls(), _campaign.bursts() * _campaign.BURST_CALLS(), "N1: calls");
        _campaign.drain();
    }

    /// @notice N1: campaigns are not vacuous: whatever can happen to schedules did.
    function test_N1_EverythingHappensToSchedules() public {
        string[21] memory events = [
            "create",
            "fund",
            "withdraw",
            "cancel",
            "cancel again",
            "trigger",
            "trigger from feed",
            "trigger by deviation",
            "tip",
            "refused 1",
            "refused 3",
            "refused 4",
            "refused 5",
            "refused 6",
            "attest",
            "settle",
            "refund",
            "refund after the end",
            "trespass",
            "pause",
            "unpause"
        ];
        uint256[21] memory sums;
        for (uint256 campaign = 0; campaign < CAMPAIGNS; ++campaign) {
            uint256 snapshot = vm.snapshotState();
            for (uint256 i = 0; i < BURSTS; ++i) _campaign.burst(uint256(keccak256(abi.encode(campaign, i))));
            _noSurprise();
            _campaign.checkMoney();
            _campaign.checkSchedules();
            _campaign.replica().check();
            for (uint256 i = 0; i < events.length; ++i) sums[i] += _campaign.successes(events[i]);
            _campaign.drain();
            vm.revertToState(snapshot);
        }
        string memory missing = "";
        for (uint256 i = 0; i < events.length; ++i) {
            if (sums[i] < 2) missing = string.concat(missing, events[i], "; ");
        }
        assertEq(bytes(missing).length, 0, missing);
    }

    function _noSurprise() private view {
        assertEq(bytes(_campaign.surprise()).length, 0, _campaign.surprise());
    }
}
