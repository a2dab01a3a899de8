// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOperatorStaking} from "../../contracts/interfaces/IOperatorStaking.sol";
import {DevToken} from "../../contracts/mocks/DevToken.sol";
import {NoReturnToken} from "../../contracts/mocks/NoReturnToken.sol";
import {JobStatus} from "../../contracts/types/Job.sol";
import {Parameters} from "../../contracts/types/Parameters.sol";
import {Campaign} from "./support/Campaign.sol";
import {CampaignModel} from "./support/CampaignModel.sol";
import {CallbackToken} from "./support/CallbackToken.sol";
import {Nuisance} from "./support/Nuisance.sol";
import {System, SystemTest} from "./support/SystemTest.sol";

/// @notice The invariants of docs/INVARIANTS.md, held against random campaigns of everybody against everybody.
abstract contract JobInvariants is SystemTest {
    /// @dev What the runner reads from `targetSelectors`.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    uint256 private constant CAMPAIGNS = 5;
    uint256 private constant BURSTS = 90;
    /// @dev How often everything succeeds in them, at least.
    uint256 private constant TIMES = 2;
    uint256 internal constant GAS_MAX = 1_500_000;

    Campaign internal _campaign;
    System internal _system;

    /// @dev Everybody, in a system with this token.
    function _begin(address token, uint256 unit, uint256 gasMax) internal {
        neverRunAgain();
        (address trialCourt, ) = actor("trial court");
        _system = deploySystemWith(token, unit, trialCourt);
        _campaign = _everybody(_system, gasMax);
        _system.authority.grantRole(_system.authority.ADMIN_ROLE(), address(_campaign), 0);
        _campaign.open();
    }

    function _everybody(System memory system, uint256 gasMax) internal virtual returns (Campaign);

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_campaign);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0].addr = address(_campaign);
        targets[0].selectors = new bytes4[](1);
        targets[0].selectors[0] = Campaign.burst.selector;
    }

    /// @notice I1, I2, I8, I12, I32: every wei is somebody's, and the chain and the model agree whose.
    function invariant_I1_I2_I8_I12_I32_Money() public view {
        _NoSurprise();
        _I1_Solvency();
        _I2_EachVaultCoversItself();
        _I8_SlashesSplitExactly();
        _I12_EveryFeeEndsOnce();
        _I32_BalancesFollowTheModel();
    }

    /// @notice I3, I4, I6, I7: stake is where it belongs, and leaves in time or by a slash within its limit.
    function invariant_I3_I4_I6_I7_Stake() public view {
        _NoSurprise();
        _I3_StakePartition();
        _I4_LocksBelongToLiveJobs();
        _I6_NoExitBeforeLiabilityEnds();
        _I7_SlashesStayWithinTheLimit();
    }

    /// @notice I5, I11, I13, I15, I17, I18, I22, I23, I24 and I30 are judged inside every action; I21 and I27 here.
    function invariant_I5_I11_I13_I15_I17_I18_I21_I22_I23_I24_I27_I30_NoSurprise() public view {
        _NoSurprise();
        _I21_ParametersStay();
        _I27_NoJobWithoutFeeOrStake();
    }

    function _I1_Solvency() private view {
        (uint256 toSettlement, uint256 toStaking) = _campaign.donations();
        uint256 tokens =
            _system.token.balanceOf(address(_system.settlement)) + _system.token.balanceOf(address(_system.staking));
        uint256 owed = _ledgerSum() + _campaign.escrowed() + _campaign.bonded() + _stakeSum();
        assertEq(tokens - toSettlement - toStaking, owed, "I1");
    }

    function _I2_EachVaultCoversItself() private view {
        (uint256 toSettlement, uint256 toStaking) = _campaign.donations();
        uint256 held = _ledgerSum() + _campaign.escrowed() + _campaign.bonded();
        assertEq(_system.token.balanceOf(address(_system.settlement)) - toSettlement, held, "I2: settlement");
        assertEq(_system.settlement.totalHeld(), held, "I2: total held");
        assertEq(_system.token.balanceOf(address(_system.staking)) - toStaking, _stakeSum(), "I2: staking");
    }

    function _I3_StakePartition() private view {
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

    function _I4_LocksBelongToLiveJobs() private view {
        address[] memory operators = _campaign.operators();
        for (uint256 i = 0; i < operators.length; ++i) {
            assertEq(_system.staking.stakeOf(operators[i]).locked, _campaign.locksOf(operators[i]), "I4");
        }
    }

    /// @dev Every action succeeds exactly when the model says so, never panics, takes no more gas than it may, and leaves every
    /// job in the status of the model. The campaign keeps what went otherwise.
    function _NoSurprise() private view {
        assertEq(bytes(_campaign.surprise()), bytes(""), _campaign.surprise());
    }

    function _I6_NoExitBeforeLiabilityEnds() private view {
        assertTrue(_campaign.exitsWereSafe(), "I6");
    }

    function _I7_SlashesStayWithinTheLimit() private view {
        uint256 count = _campaign.jobCount();
        for (uint256 i = 0; i < count; ++i) {
            CampaignModel.Job memory job = _campaign.jobAt(i);
            assertLe(job.slashed, job.slashLimit, "I7: limit");
            // Four operators may each sign twice, once; the trial or the offer adds one lock.
            assertLe(job.slashLimit, uint256(job.terms.stakeAtRisk) * 6 + job.terms.offerPenalty, "I7: once each");
        }
    }

    function _I8_SlashesSplitExactly() private view {
        (uint256 slashed, uint256 awarded, uint256 burned) = _campaign.slashTotals();
        assertEq(slashed, awarded + burned, "I8");
    }

    function _I12_EveryFeeEndsOnce() private view {
        uint256 count = _campaign.jobCount();
        for (uint256 i = 0; i < count; ++i) {
            CampaignModel.Job memory job = _campaign.jobAt(i);
            bool ended = _campaign.isTerminal(job.status);
            assertEq(job.timesEnded, ended ? 1 : 0, "I12: once");
            assertEq(job.paidOut, ended ? job.terms.fee : 0, "I12: all of it");
        }
    }

    /// @notice The ledger of the chain is the ledger of the model, for everybody: donations entitle nobody to anything.
    function _I32_BalancesFollowTheModel() private view {
        address[] memory accounts = _campaign.accounts();
        for (uint256 i = 0; i < accounts.length; ++i) {
            assertEq(_system.settlement.balanceOf(accounts[i]), _campaign.ledgerOf(accounts[i]), "I32");
        }
    }

    function _I21_ParametersStay() private view {
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

    function _I27_NoJobWithoutFeeOrStake() private view {
        uint256 count = _campaign.jobCount();
        for (uint256 i = 0; i < count; ++i) {
            CampaignModel.Job memory job = _campaign.jobAt(i);
            assertGe(job.terms.fee, 1, "I27: fee");
            Parameters memory p = _campaign.parametersOf(job.terms.options.parametersVersion());
            assertGe(job.terms.stakeAtRisk, p.stakeAtRiskMin, "I27: stake");
        }
    }

    /// @notice I14: from wherever a campaign stands, everything drains, and only what was donated is left.
    /// N1: every burst was worth its name.
    function afterInvariant() public {
        assertGe(_campaign.calls(), _campaign.bursts() * _campaign.BURST_CALLS(), "N1: calls");
        _drainsToTheLastWei();
    }

    /// @notice N1: campaigns are not vacuous. Every action succeeds and every terminal state is reached.
    function test_N1_EveryActionSucceeds() public {
        string[39] memory actions = [
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
            "warp",
            "forge",
            "replay",
            "double dispute"
        ];
        uint256[39] memory sums;
        bool[8] memory reached;
        for (uint256 campaign = 0; campaign < CAMPAIGNS; ++campaign) {
            uint256 snapshot = vm.snapshotState();
            for (uint256 i = 0; i < BURSTS; ++i) {
                _campaign.burst(uint256(keccak256(abi.encode(campaign, i))));
                if (i % 16 != 0) continue;
                for (uint256 j = 0; j < _campaign.jobCount(); ++j) reached[uint8(_campaign.jobAt(j).status)] = true;
            }
            assertEq(bytes(_campaign.surprise()), bytes(""), "surprise");
            for (uint256 i = 0; i < actions.length; ++i) sums[i] += _campaign.successes(actions[i]);
            _drainsToTheLastWei();
            vm.revertToState(snapshot);
        }
        string memory missing = "";
        for (uint256 i = 0; i < actions.length; ++i) {
            if (sums[i] < TIMES) missing = string.concat(missing, actions[i], "; ");
        }
        for (uint256 i = 1; i < 8; ++i) {
            if (!reached[i]) missing = string.concat(missing, "status ", vm.toString(i), "; ");
        }
        assertEq(bytes(missing).length, 0, missing);
        _isWorthItsName();
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

    /// @dev What else this kind of campaign has to have done; asked after the campaigns of N1.
    function _isWorthItsName() internal virtual {
        _campaign.nuisance().set(Nuisance.Mode.Reenter);
        for (uint256 i = 0; i < BURSTS; ++i) _campaign.burst(i);
        assertEq(bytes(_campaign.surprise()), bytes(""), _campaign.surprise());
        assertGe(_campaign.nuisance().tried(), TIMES, "N1: doors tried in callbacks");
    }
}

/// @notice The campaign that runs. The runner calls only contracts that a test file defines itself.
contract Everybody is Campaign {
    constructor(System memory system_, uint256 gasMax_) Campaign(system_, gasMax_) {}
}

/// @notice Names the campaign, for every kind of token.
abstract contract InvariantsOfEverybody is JobInvariants {
    function _everybody(System memory system, uint256 gasMax) internal override returns (Campaign) {
        return new Everybody(system, gasMax);
    }
}

contract InvariantsTest is InvariantsOfEverybody {
    function setUp() public {
        _begin(address(new DevToken(18)), 1e18, GAS_MAX);
    }
}

/// @notice The same with six decimals, where rounding is coarse.
contract SixDecimalsInvariantsTest is InvariantsOfEverybody {
    function setUp() public {
        _begin(address(new DevToken(6)), 1e6, GAS_MAX);
    }
}

/// @notice The same with a token of the old kind, whose transfers answer nothing.
contract NoReturnInvariantsTest is InvariantsOfEverybody {
    function setUp() public {
        _begin(address(new NoReturnToken()), 1e18, GAS_MAX);
    }
}

/// @notice The same with a token that calls somebody before and after every transfer, who then tries every door (I24).
contract CallbackTokenInvariantsTest is InvariantsOfEverybody {
    function setUp() public {
        CallbackToken token = new CallbackToken();
        // What the hook spends is the token's affair.
        _begin(address(token), 1e18, type(uint256).max);
        token.setHook(_campaign.nuisance());
    }

    function _isWorthItsName() internal override {
        super._isWorthItsName();
        Nuisance nuisance = _campaign.nuisance();
        assertGe(nuisance.tried(), 10 * nuisance.doors(), "N1: every door, time and again");
        assertGe(nuisance.opened(), 1, "N1: doors that may open");
    }
}
