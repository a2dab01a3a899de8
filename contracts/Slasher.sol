// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IOperatorStaking} from "./interfaces/IOperatorStaking.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {ISlasher} from "./interfaces/ISlasher.sol";
import {JobId} from "./types/Job.sol";

/// @notice See `ISlasher`.
contract Slasher is ISlasher {
    uint256 private constant BPS = 10_000;
    /// @notice All shares together, at most: the rest, at least as much, is burned.
    uint256 public constant SHARES_MAX_BPS = 5_000;

    IOperatorStaking public immutable operatorStaking;
    ISettlement public immutable settlement;
    address public immutable jobRegistry;
    /// @notice The only caller of `slashDoubleReport`; zero in a deployment without feeds.
    address public immutable feedRegistry;

    uint16 private immutable _EQUIVOCATION_REPORTER_BPS;
    uint16 private immutable _EQUIVOCATION_REQUESTER_BPS;
    uint16 private immutable _CONVICTION_OPENER_BPS;
    uint16 private immutable _CONVICTION_PROVER_BPS;
    uint16 private immutable _CONVICTION_REQUESTER_BPS;

    constructor(
        IOperatorStaking operatorStaking_,
        ISettlement settlement_,
        address jobRegistry_,
        address feedRegistry_,
        Shares memory equivocation,
        Shares memory conviction
    ) {
        operatorStaking = operatorStaking_;
        settlement = settlement_;
        jobRegistry = jobRegistry_;
        feedRegistry = feedRegistry_;
        _check(equivocation);
        _check(conviction);
        // An equivocation has no opener; a share for one would be lost.
        if (equivocation.openerBps != 0) revert SlasherInvalidShares(equivocation.openerBps);
        _EQUIVOCATION_REPORTER_BPS = equivocation.proverBps;
        _EQUIVOCATION_REQUESTER_BPS = equivocation.requesterBps;
        _CONVICTION_OPENER_BPS = conviction.openerBps;
        _CONVICTION_PROVER_BPS = conviction.proverBps;
        _CONVICTION_REQUESTER_BPS = conviction.requesterBps;
    }

    modifier onlyJobRegistry() {
        if (msg.sender != jobRegistry) revert SlasherUnauthorized(msg.sender);
        _;
    }

    function equivocationShares() public view returns (Shares memory) {
        return Shares(0, _EQUIVOCATION_REPORTER_BPS, _EQUIVOCATION_REQUESTER_BPS);
    }

    function convictionShares() public view returns (Shares memory) {
        return Shares(_CONVICTION_OPENER_BPS, _CONVICTION_PROVER_BPS, _CONVICTION_REQUESTER_BPS);
    }

    function slashMissedOffer(
        JobId jobId,
        address operator,
        address requester,
        uint256 penalty
    ) external onlyJobRegistry {
        operatorStaking.slash(operator, penalty, 0);
        Award memory nobody;
        _credit(jobId, operator, requester, Offence.MissedOffer, penalty, nobody, [uint256(0), 0, penalty, 0]);
    }

    function slashEquivocation(
        JobId jobId,
        address operator,
        address requester,
        address reporter,
        uint256 locked,
        uint256 extra
    ) external onlyJobRegistry {
        (uint256 fromLocked, uint256 fromFree, uint256 fromUnbonding) = operatorStaking.slash(operator, locked, extra);
        Award memory award = Award(address(0), 0, reporter, 0);
        uint256 amount = fromLocked + fromFree + fromUnbonding;
        _credit(
            jobId,
            operator,
            requester,
            Offence.Equivocation,
            amount,
            award,
            _split(amount, award, equivocationShares())
        );
    }

    function slashConviction(
        JobId jobId,
        address operator,
        address requester,
        uint256 locked,
        Award calldata award
    ) external onlyJobRegistry {
        operatorStaking.slash(operator, locked, 0);
        _credit(
            jobId,
            operator,
            requester,
            Offence.WrongResult,
            locked,
            award,
            _split(locked, award, convictionShares())
        );
    }

    function slashVoid(
        JobId jobId,
        address operator,
        address requester,
        uint256 released,
        Award calldata award
    ) external onlyJobRegistry {
        uint256 amount = Math.min(uint256(award.openerCosts) + award.proverCosts, released);
        if (amount == 0) return;
        // INVARIANT(I7): what was the job's lock until now is free, so no other job's lock and nothing else pays.
        operatorStaking.slash(operator, 0, amount);
        // Costs only: nothing is left to be shared, and a part without a taker is burned.
        uint256[4] memory parts = _split(amount, award, convictionShares());
        _credit(jobId, operator, requester, Offence.TrialVoid, amount, award, parts);
    }

    function slashDoubleReport(bytes32 feedId, address operator, address reporter, uint256 amount) external {
        if (msg.sender != feedRegistry) revert SlasherUnauthorized(msg.sender);
        operatorStaking.slash(operator, amount, 0);
        Award memory award = Award(address(0), 0, reporter, 0);
        // Nobody asked for a feed's round: there is no requester to compensate, and that share is burned.
        Shares memory shares = Shares(0, _EQUIVOCATION_REPORTER_BPS, 0);
        uint256[4] memory parts = _split(amount, award, shares);
        _credit(JobId.wrap(feedId), operator, address(0), Offence.DoubleReport, amount, award, parts);
    }

    /* INTERNAL */

    /// @dev INVARIANT(I8): the four parts add up to `amount`, to the wei. Shares round down; the burn takes the rest.
    /// @return parts opener, prover, requester, burned
    function _split(
        uint256 amount,
        Award memory award,
        Shares memory shares
    ) private pure returns (uint256[4] memory parts) {
        uint256 openerCosts = Math.min(award.openerCosts, amount);
        uint256 proverCosts = Math.min(award.proverCosts, amount - openerCosts);
        uint256 rest = amount - openerCosts - proverCosts;
        // A share without a taker is burned.
        if (award.opener != address(0)) parts[0] = openerCosts + (rest * shares.openerBps) / BPS;
        if (award.prover != address(0)) parts[1] = proverCosts + (rest * shares.proverBps) / BPS;
        parts[2] = (rest * shares.requesterBps) / BPS;
        parts[3] = amount - parts[0] - parts[1] - parts[2];
    }

    function _credit(
        JobId jobId,
        address operator,
        address requester,
        Offence offence,
        uint256 amount,
        Award memory award,
        uint256[4] memory parts
    ) private {
        address[] memory accounts = new address[](3);
        uint256[] memory amounts = new uint256[](3);
        (accounts[0], accounts[1], accounts[2]) = (award.opener, award.prover, requester);
        (amounts[0], amounts[1], amounts[2]) = (parts[0], parts[1], parts[2]);
        emit OperatorSlashed(
            jobId,
            operator,
            offence,
            amount,
            award.opener,
            parts[0],
            award.prover,
            parts[1],
            requester,
            parts[2],
            parts[3]
        );
        settlement.creditSlash(accounts, amounts, parts[3]);
    }

    function _check(Shares memory shares) private pure {
        uint256 sum = uint256(shares.openerBps) + shares.proverBps + shares.requesterBps;
        // INVARIANT(I9): at least half is burned, so playing every side costs at least that.
        if (sum > SHARES_MAX_BPS) revert SlasherInvalidShares(sum);
    }
}
