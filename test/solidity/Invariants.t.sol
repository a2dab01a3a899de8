// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DevToken} from "../../contracts/mocks/DevToken.sol";
import {NoReturnToken} from "../../contracts/mocks/NoReturnToken.sol";
import {Campaign} from "./support/Campaign.sol";
import {CallbackToken} from "./support/CallbackToken.sol";
import {JobChecks} from "./support/JobChecks.sol";
import {Nuisance} from "./support/Nuisance.sol";
import {System} from "./support/SystemTest.sol";

/// @notice The invariants of docs/INVARIANTS.md, held against random campaigns of everybody against everybody.
abstract contract JobInvariants is JobChecks {
    /// @dev What the runner reads from `targetSelectors`.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    uint256 private constant CAMPAIGNS = 5;
    uint256 private constant BURSTS = 90;
    /// @dev How often everything succeeds in them, at least.
    uint256 private constant TIMES = 2;

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
        _checkMoney();
    }

    /// @notice I3, I4, I6, I7: stake is where it belongs, and leaves in time or by a slash within its limit.
    function invariant_I3_I4_I6_I7_Stake() public view {
        _NoSurprise();
        _checkStake();
    }

    /// @notice I5, I11, I13, I15, I17, I18, I22, I23, I24 and I30 are judged inside every action; I21 and I27 here.
    function invariant_I5_I11_I13_I15_I17_I18_I21_I22_I23_I24_I27_I30_NoSurprise() public view {
        _NoSurprise();
        _checkTerms();
    }

    /// @notice I14: from wherever a campaign stands, everything drains, and only what was donated is left.
    /// N1: every burst was worth its name.
    function afterInvariant() public {
        assertGe(_campaign.calls(), _campaign.bursts() * _campaign.BURST_CALLS(), "N1: calls");
        _drainsToTheLastWei();
    }

    /// @notice N1: campaigns are not vacuous. Every action succeeds and every terminal state is reached.
    function test_N1_EveryActionSucceeds() public {
        string[41] memory actions = [
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
            "settle blob input",
            "expire blob input",
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
        uint256[41] memory sums;
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
