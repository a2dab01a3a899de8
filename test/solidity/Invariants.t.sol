// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOperatorStaking} from "../../contracts/interfaces/IOperatorStaking.sol";
import {JobStatus} from "../../contracts/types/Job.sol";
import {Parameters} from "../../contracts/types/Parameters.sol";
import {Campaign} from "./support/Campaign.sol";
import {CampaignModel} from "./support/CampaignModel.sol";
import {System, SystemTest} from "./support/SystemTest.sol";

/// @notice The campaign that runs. The runner calls only contracts that a test file defines itself.
contract Everybody is Campaign {
    constructor(System memory system_) Campaign(system_) {}
}

/// @notice The invariants of docs/INVARIANTS.md, held against random campaigns of everybody against everybody.
contract InvariantsTest is SystemTest {
    /// @dev What the runner reads from `targetSelectors`.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    uint256 private constant CAMPAIGNS = 3;

    Campaign private _campaign;
    System private _system;

    function setUp() public {
        _system = deploySystem();
        _campaign = new Everybody(_system);
        _system.authority.grantRole(_system.authority.ADMIN_ROLE(), address(_campaign), 0);
        _campaign.open();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_campaign);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0].addr = address(_campaign);
        targets[0].selectors = new bytes4[](2);
        targets[0].selectors[0] = Campaign.step.selector;
        targets[0].selectors[1] = Campaign.burst.selector;
    }

    function invariant_I1_Solvency() public view {
        (uint256 toSettlement, uint256 toStaking) = _campaign.donations();
        uint256 tokens =
            _system.token.balanceOf(address(_system.settlement)) + _system.token.balanceOf(address(_system.staking));
        uint256 owed = _ledgerSum() + _campaign.escrowed() + _campaign.bonded() + _stakeSum();
        assertEq(tokens - toSettlement - toStaking, owed, "I1");
    }

    function invariant_I2_EachVaultCoversItself() public view {
        (uint256 toSettlement, uint256 toStaking) = _campaign.donations();
        uint256 held = _ledgerSum() + _campaign.escrowed() + _campaign.bonded();
        assertEq(_system.token.balanceOf(address(_system.settlement)) - toSettlement, held, "I2: settlement");
        assertEq(_system.settlement.totalHeld(), held, "I2: total held");
        assertEq(_system.token.balanceOf(address(_system.staking)) - toStaking, _stakeSum(), "I2: staking");
    }

    function invariant_I3_StakePartition() public view {
        address[] memory operators = _campaign.operators();
        for (uint256 i = 0; i < operators.length; ++i) {
            CampaignModel.Ghost memory ghost = _campaign.ghostOf(operators[i]);
            IOperatorStaking.Stake memory stake = _system.staking.stakeOf(operators[i]);
            uint256 unbonding = _system.staking.unbondingOf(operators[i]).amount;
            uint256 whole = uint256(stake.free) + stake.locked + unbonding;
            assertEq(whole, ghost.deposited - ghost.withdrawn - ghost.slashed, "I3");
            assertEq(stake.free, ghost.free, "I3: free");
            assertEq(unbonding, ghost.unbonding, "I3: unbonding");
        }
    }

    function invariant_I4_LocksBelongToLiveJobs() public view {
        address[] memory operators = _campaign.operators();
        for (uint256 i = 0; i < operators.length; ++i) {
            assertEq(_system.staking.stakeOf(operators[i]).locked, _campaign.locksOf(operators[i]), "I4");
        }
    }

    /// @notice I5, I11, I13, I15, I23 and I30 are judged inside every action: it succeeds exactly when the model says so,
    /// never panics, and leaves every job in the status of the model. The campaign keeps what went otherwise.
    function invariant_I5_I11_I13_I15_I23_I30_NoSurprise() public view {
        assertEq(bytes(_campaign.surprise()), bytes(""), "surprise");
        assertEq(_campaign.nuisance().reentered(), 0, "I24: a callback re-entered");
    }

    function invariant_I6_NoExitBeforeLiabilityEnds() public view {
        assertTrue(_campaign.exitsWereSafe(), "I6");
    }

    function invariant_I7_SlashesStayWithinTheLimit() public view {
        uint256 count = _campaign.jobCount();
        for (uint256 i = 0; i < count; ++i) {
            CampaignModel.Job memory job = _campaign.jobAt(i);
            assertLe(job.slashed, job.slashLimit, "I7: limit");
            // Four operators may each sign twice, once; the trial or the offer adds one lock.
            assertLe(job.slashLimit, uint256(job.terms.stakeAtRisk) * 6 + job.terms.offerPenalty, "I7: once each");
        }
    }

    function invariant_I8_SlashesSplitExactly() public view {
        (uint256 slashed, uint256 awarded, uint256 burned) = _campaign.slashTotals();
        assertEq(slashed, awarded + burned, "I8");
    }

    function invariant_I12_EveryFeeEndsOnce() public view {
        uint256 count = _campaign.jobCount();
        for (uint256 i = 0; i < count; ++i) {
            CampaignModel.Job memory job = _campaign.jobAt(i);
            bool ended = _campaign.isTerminal(job.status);
            assertEq(job.timesEnded, ended ? 1 : 0, "I12: once");
            assertEq(job.paidOut, ended ? job.terms.fee : 0, "I12: all of it");
        }
    }

    /// @notice The ledger of the chain is the ledger of the model, for everybody: donations entitle nobody to anything.
    function invariant_I32_BalancesFollowTheModel() public view {
        address[] memory accounts = _campaign.accounts();
        for (uint256 i = 0; i < accounts.length; ++i) {
            assertEq(_system.settlement.balanceOf(accounts[i]), _campaign.ledgerOf(accounts[i]), "I32");
        }
    }

    function invariant_I21_ParametersStay() public view {
        for (uint32 version = 1; version <= _campaign.currentVersion(); ++version) {
            Parameters memory expected = _campaign.parametersOf(version);
            assertEq(
                keccak256(abi.encode(_system.jobs.parametersOf(version))),
                keccak256(abi.encode(expected)),
                "I21: snapshot"
            );
            assertLe(
                uint256(expected.attestTimeMax) + expected.challengeWindowMax + expected.trialTimeMax,
                _system.staking.unbondingDelay(),
                "I6: liability"
            );
        }
        assertEq(_system.jobs.currentVersion(), _campaign.currentVersion(), "I21: version");
    }

    function invariant_I27_NoJobWithoutFeeOrStake() public view {
        uint256 count = _campaign.jobCount();
        for (uint256 i = 0; i < count; ++i) {
            CampaignModel.Job memory job = _campaign.jobAt(i);
            assertGe(job.terms.fee, 1, "I27: fee");
            Parameters memory p = _campaign.parametersOf(job.terms.options.parametersVersion());
            assertGe(job.terms.stakeAtRisk, p.stakeAtRiskMin, "I27: stake");
        }
    }

    /// @notice I14: from wherever a campaign stands, everything drains, and only what was donated is left.
    function afterInvariant() public {
        _drainsToTheLastWei();
    }

    /// @notice N1: campaigns are not vacuous. Every action succeeds and every terminal state is reached.
    function test_N1_EveryActionSucceeds() public {
        string[36] memory actions = [
            "deposit",
            "withdraw",
            "sweep",
            "stake",
            "unbond",
            "withdraw stake",
            "request direct",
            "request open",
            "request offer",
            "attest",
            "attest by signature",
            "attest while paused",
            "settle",
            "settle while paused",
            "settle many",
            "settle several",
            "callback failed",
            "retry callback",
            "expire",
            "expire offer",
            "expire while paused",
            "equivocate",
            "slash equivocation",
            "open trial",
            "acquit",
            "convict",
            "void",
            "pause",
            "unpause",
            "set parameters",
            "donate",
            "grief",
            "bond",
            "release bond",
            "unbond while paused",
            "warp"
        ];
        uint256[36] memory sums;
        bool[8] memory reached;
        for (uint256 campaign = 0; campaign < CAMPAIGNS; ++campaign) {
            uint256 snapshot = vm.snapshotState();
            for (uint256 i = 0; i < 60; ++i) _campaign.burst(uint256(keccak256(abi.encode(campaign, i))));
            assertEq(bytes(_campaign.surprise()), bytes(""), "surprise");
            for (uint256 i = 0; i < actions.length; ++i) sums[i] += _campaign.successes(actions[i]);
            for (uint256 i = 0; i < _campaign.jobCount(); ++i) reached[uint8(_campaign.jobAt(i).status)] = true;
            _drainsToTheLastWei();
            vm.revertToState(snapshot);
        }
        string memory missing = "";
        for (uint256 i = 0; i < actions.length; ++i) {
            if (sums[i] == 0) missing = string.concat(missing, actions[i], "; ");
        }
        for (uint256 i = 1; i < 8; ++i) {
            if (!reached[i]) missing = string.concat(missing, "status ", vm.toString(i), "; ");
        }
        assertEq(bytes(missing), bytes(""), missing);
    }

    function _drainsToTheLastWei() private {
        _campaign.drain();
        (uint256 toSettlement, uint256 toStaking) = _campaign.donations();
        assertEq(_system.settlement.totalHeld(), 0, "I14: nothing is owed");
        assertEq(_system.token.balanceOf(address(_system.settlement)), toSettlement, "I14: only donations are left");
        assertEq(_system.token.balanceOf(address(_system.staking)), toStaking, "I14: no stake is left");
    }

    function _ledgerSum() private view returns (uint256 sum) {
        address[] memory accounts = _campaign.accounts();
        for (uint256 i = 0; i < accounts.length; ++i) sum += _system.settlement.balanceOf(accounts[i]);
    }

    function _stakeSum() private view returns (uint256 sum) {
        address[] memory operators = _campaign.operators();
        for (uint256 i = 0; i < operators.length; ++i) {
            IOperatorStaking.Stake memory stake = _system.staking.stakeOf(operators[i]);
            sum += uint256(stake.free) + stake.locked + _system.staking.unbondingOf(operators[i]).amount;
        }
    }
}
