// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOperatorStaking} from "../../contracts/interfaces/IOperatorStaking.sol";
import {ISettlement} from "../../contracts/interfaces/ISettlement.sol";
import {ISlasher} from "../../contracts/interfaces/ISlasher.sol";
import {Slasher} from "../../contracts/Slasher.sol";
import {JobId} from "../../contracts/types/Job.sol";
import {Test} from "./support/Test.sol";

/// @notice Stands for staking and settlement at once: gives what is asked, up to what it has, and keeps what is credited.
contract SlashLedger {
    uint256 public free;
    uint256 public unbonding;
    uint256 public taken;
    uint256 public burned;
    mapping(address => uint256) public creditOf;

    function set(uint256 free_, uint256 unbonding_) external {
        (free, unbonding) = (free_, unbonding_);
    }

    function slash(address, uint256 locked, uint256 extra) external returns (uint256, uint256, uint256) {
        uint256 fromFree = extra < free ? extra : free;
        uint256 fromUnbonding = extra - fromFree < unbonding ? extra - fromFree : unbonding;
        taken += locked + fromFree + fromUnbonding;
        return (locked, fromFree, fromUnbonding);
    }

    function creditSlash(address[] calldata accounts, uint256[] calldata amounts, uint256 burned_) external {
        for (uint256 i = 0; i < accounts.length; ++i) creditOf[accounts[i]] += amounts[i];
        burned += burned_;
    }
}

contract SlasherFuzzTest is Test {
    address private constant OPENER = address(0xA1);
    address private constant PROVER = address(0xA2);
    address private constant REQUESTER = address(0xA3);
    address private constant OPERATOR = address(0xA4);
    SlashLedger private _ledger;

    function setUp() public {
        _ledger = new SlashLedger();
    }

    function testFuzz_I8_ConvictionSplitsToTheWei(
        uint128 locked,
        uint128[2] memory costs,
        uint16[3] memory shares,
        bool[2] memory present
    ) public {
        Slasher slasher = _slasher(shares);
        ISlasher.Award memory award = ISlasher.Award(
            present[0] ? OPENER : address(0),
            costs[0],
            present[1] ? PROVER : address(0),
            costs[1]
        );
        slasher.slashConviction(JobId.wrap(0), OPERATOR, REQUESTER, locked, award);
        uint256 paid = _ledger.creditOf(OPENER) + _ledger.creditOf(PROVER) + _ledger.creditOf(REQUESTER);
        assertEq(paid + _ledger.burned(), locked, "I8");
        assertEq(_ledger.creditOf(address(0)), 0, "nobody gets nothing");
    }

    function testFuzz_I8_EquivocationSplitsToTheWei(
        uint120 locked,
        uint120 extra,
        uint120 free,
        uint120 unbonding,
        uint16[3] memory shares
    ) public {
        Slasher slasher = _slasher(shares);
        _ledger.set(free, unbonding);
        slasher.slashEquivocation(JobId.wrap(0), OPERATOR, REQUESTER, PROVER, locked, extra);
        uint256 available = uint256(free) + unbonding;
        uint256 expected = uint256(locked) + (extra < available ? extra : available);
        assertEq(_ledger.taken(), expected, "I7: the lock, and as much again as there is");
        uint256 paid = _ledger.creditOf(PROVER) + _ledger.creditOf(REQUESTER);
        assertEq(paid + _ledger.burned(), expected, "I8");
    }

    function testFuzz_I8_MissedOfferGoesToTheRequester(uint128 penalty) public {
        Slasher slasher = _slasher([uint16(0), 0, 0]);
        slasher.slashMissedOffer(JobId.wrap(0), OPERATOR, REQUESTER, penalty);
        assertEq(_ledger.creditOf(REQUESTER), penalty, "whole");
        assertEq(_ledger.burned(), 0, "nothing burned");
    }

    /// @notice I9: operator, requester and reporter in one hand lose at least half of what was slashed.
    function testFuzz_I9_PlayingEverySideLosesAtLeastHalf(
        uint128 locked,
        uint128 extra,
        uint16[3] memory shares
    ) public {
        Slasher slasher = _slasher(shares);
        _ledger.set(type(uint128).max, 0);
        slasher.slashEquivocation(JobId.wrap(0), OPERATOR, OPERATOR, OPERATOR, locked, extra);
        assertLe(_ledger.creditOf(OPERATOR) * 2, uint256(locked) + extra, "I9: equivocation");
        uint256 before = _ledger.creditOf(OPERATOR);
        ISlasher.Award memory award = ISlasher.Award(OPERATOR, 0, OPERATOR, 0);
        slasher.slashConviction(JobId.wrap(0), OPERATOR, OPERATOR, locked, award);
        assertLe((_ledger.creditOf(OPERATOR) - before) * 2, locked, "I9: conviction");
    }

    /// @notice I9: costs come first, the opener's before the prover's, and never exceed what was slashed.
    function testFuzz_I9_CostsComeFirst(uint128 locked, uint128 openerCosts, uint128 proverCosts) public {
        Slasher slasher = _slasher([uint16(0), 0, 0]);
        ISlasher.Award memory award = ISlasher.Award(OPENER, openerCosts, PROVER, proverCosts);
        slasher.slashConviction(JobId.wrap(0), OPERATOR, REQUESTER, locked, award);
        uint256 opener = openerCosts < locked ? openerCosts : locked;
        uint256 rest = locked - opener;
        assertEq(_ledger.creditOf(OPENER), opener, "opener");
        assertEq(_ledger.creditOf(PROVER), proverCosts < rest ? proverCosts : rest, "prover");
    }

    /// @notice Shares above one half in sum are refused for ever.
    function testFuzz_I9_SharesAreBounded(uint16[3] memory shares) public {
        uint256 sum = uint256(shares[0]) + shares[1] + shares[2];
        if (sum > 5_000) vm.expectRevert(abi.encodeWithSelector(ISlasher.SlasherInvalidShares.selector, sum));
        new Slasher(
            IOperatorStaking(address(_ledger)),
            ISettlement(address(_ledger)),
            address(this),
            address(0),
            ISlasher.Shares(0, 0, 0),
            ISlasher.Shares(shares[0], shares[1], shares[2])
        );
    }

    /// @dev A slasher that this contract may call; shares are squeezed under one half.
    function _slasher(uint16[3] memory shares) private returns (Slasher) {
        uint16 opener = uint16(bound(shares[0], 0, 2_000));
        uint16 prover = uint16(bound(shares[1], 0, 5_000 - opener));
        uint16 requester = uint16(bound(shares[2], 0, 5_000 - opener - prover));
        return
            new Slasher(
                IOperatorStaking(address(_ledger)),
                ISettlement(address(_ledger)),
                address(this),
                address(this),
                ISlasher.Shares(0, prover, requester),
                ISlasher.Shares(opener, prover, requester)
            );
    }
}
