// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "./support/Test.sol";
import {TrialCampaign} from "./support/TrialCampaign.sol";

/// @notice The campaigns that run. The runner calls only contracts that a test file defines itself.
contract AnyOperator is TrialCampaign(false) {}

contract HonestOperator is TrialCampaign(true) {}

/// @notice What holds for money of trials under any campaign. One campaign for each test: they share the clock.
abstract contract TrialInvariants is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    TrialCampaign internal _campaign;

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_campaign);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0].addr = address(_campaign);
        targets[0].selectors = new bytes4[](1);
        targets[0].selectors[0] = TrialCampaign.step.selector;
    }

    /// @notice I1: tokens are conserved: the vaults hold what they owe, bonds are what live trials and demanders put down.
    function invariant_I1_TokensOfTrials() public view {
        _checkTokens();
    }

    /// @notice I2: the court holds the native currency that it owes, and no more.
    function invariant_I2_NativeCurrencyOfTrials() public view {
        assertEq(_campaign.courtEther(), _campaign.owedEther(), "I2: native currency");
    }

    /// @notice I14: whatever happened, everything ends, and everybody takes what is its own.
    function afterInvariant() public {
        _campaign.drain();
        (uint256 bonded, ) = _campaign.bonds();
        assertEq(bonded, 0, "I14: bonds");
        assertEq(_campaign.courtEther(), 0, "I14: native currency");
        _checkTokens();
    }

    function _checkTokens() private view {
        (uint256 held, uint256 owed) = _campaign.tokens();
        assertEq(held, owed, "I1: tokens");
        (uint256 bonded, uint256 expected) = _campaign.bonds();
        assertEq(bonded, expected, "I1: bonds");
    }

    function _walk(uint256 steps) internal {
        for (uint256 i = 0; i < steps; ++i) _campaign.step(uint256(keccak256(abi.encode(i))));
    }
}

contract AnyOperatorTest is TrialInvariants {
    function setUp() public {
        _campaign = new AnyOperator();
    }

    /// @notice The campaign is worth its name: every ending is reached.
    function testTheCampaignReachesEveryEnding() public {
        _walk(700);
        assertGe(_campaign.convicted(), 1, "convicted");
        assertGe(_campaign.answered(), 1, "answered");
        assertGe(_campaign.acquitted() + _campaign.voided(), 1, "acquitted or void");
    }
}

contract HonestOperatorTest is TrialInvariants {
    uint256 private _brought;

    function setUp() public {
        _campaign = new HonestOperator();
        _brought = _campaign.operatorWealth();
    }

    /// @notice I10: an honest operator is never convicted and never has less than it brought.
    function invariant_I10_HonestOperatorsAreNeverWorseOff() public view {
        assertEq(_campaign.convicted(), 0, "I10: convicted");
        assertGe(_campaign.operatorWealth(), _brought, "I10: stake and balance");
    }

    function testTheCampaignReachesEveryEndingButOne() public {
        _walk(700);
        assertGe(_campaign.acquitted(), 1, "acquitted");
        assertGe(_campaign.voided(), 1, "void");
        assertGe(_campaign.answered(), 1, "answered");
        assertEq(_campaign.convicted(), 0, "convicted");
    }
}
