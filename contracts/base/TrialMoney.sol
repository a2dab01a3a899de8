// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {ITrialCourt} from "../interfaces/ITrialCourt.sol";
import {Claim} from "../types/Trial.sol";

/// @notice The money of trials: bonds, which are entries in `Settlement` under the trial's name; what transactions cost, in
/// tokens; and prepaid native currency, which is the only thing that the court itself holds.
abstract contract TrialMoney is ITrialCourt {
    uint256 private constant BPS = 10_000;
    /// @notice Costs of opener and of prover, each at most, in 1/10,000 of the stake at risk: whatever rates and base fees do,
    /// at least 4/5 of a slash is left to be shared, and at least half of that is burned.
    uint256 public constant COSTS_MAX_BPS = 1_000;
    /// @dev Gas of a transaction before its first instruction, and the least that a byte of calldata costs.
    uint256 private constant TRANSACTION_GAS = 21_000;
    uint256 private constant CALLDATA_GAS = 4;
    uint256 private constant NEW_ENTRY_GAS = 20_000;
    uint256 private constant ENTRY_GAS = 2_900;

    ISettlement public immutable settlement;

    uint128 internal immutable _OPENER_BOND;
    uint128 internal immutable _DEMAND_BOND;
    uint128 internal immutable _VOID_PENALTY;
    uint128 private immutable _TOKENS_PER_ETHER;
    uint64 private immutable _COST_FEE_CAP;
    uint56 internal immutable _REVEAL_FEE_FLOOR;

    mapping(address account => uint256 amount) private _credits;

    constructor(ISettlement settlement_, Settings memory settings_) {
        settlement = settlement_;
        if (settings_.openerBond == 0) revert TrialCourtInvalidSettings("openerBond");
        if (settings_.demandBond == 0) revert TrialCourtInvalidSettings("demandBond");
        if (settings_.revealFeeFloor == 0) revert TrialCourtInvalidSettings("revealFeeFloor");
        _OPENER_BOND = settings_.openerBond;
        _DEMAND_BOND = settings_.demandBond;
        _VOID_PENALTY = settings_.voidPenalty;
        _TOKENS_PER_ETHER = settings_.tokensPerEther;
        _COST_FEE_CAP = settings_.costFeeCap;
        _REVEAL_FEE_FLOOR = settings_.revealFeeFloor;
    }

    function settings() external view returns (Settings memory) {
        return
            Settings({
                openerBond: _OPENER_BOND,
                demandBond: _DEMAND_BOND,
                voidPenalty: _VOID_PENALTY,
                tokensPerEther: _TOKENS_PER_ETHER,
                costFeeCap: _COST_FEE_CAP,
                revealFeeFloor: _REVEAL_FEE_FLOOR
            });
    }

    function creditOf(address account) external view returns (uint256) {
        return _credits[account];
    }

    /// @dev The only call to somebody unknown, after everything else.
    function _withdrawCredit(address payable to) internal returns (uint256 amount) {
        amount = _credits[msg.sender];
        if (amount == 0) revert TrialCourtNoCredit(msg.sender);
        _credits[msg.sender] = 0;
        emit CreditWithdrawn(msg.sender, to, amount);
        (bool paid, ) = to.call{value: amount}("");
        if (!paid) revert TrialCourtPaymentFailed(to);
    }

    function _credit(address account, uint256 amount) internal {
        if (amount != 0) _credits[account] += amount;
    }

    /// @dev Moves credit that `from` has.
    function _move(address from, address to, uint256 amount) internal {
        _credits[from] -= amount;
        _credits[to] += amount;
    }

    /// @dev Gas of a credit: of a new entry, or of one that is there.
    function _creditGas(address account) internal view returns (uint256) {
        return _credits[account] == 0 ? NEW_ENTRY_GAS : ENTRY_GAS;
    }

    /// @dev Gas that this transaction has used, from below: calldata is counted as zeros.
    /// @param gasAtStart what was left when the call began
    function _gasUsed(uint256 gasAtStart) internal view returns (uint256) {
        return gasAtStart - gasleft() + TRANSACTION_GAS + CALLDATA_GAS * msg.data.length;
    }

    /// @dev INVARIANT(I9): what gas cost, in tokens, at most a tenth of the stake at risk.
    function _costsOf(uint256 gasUsed, uint256 stakeAtRisk) internal view returns (uint128) {
        uint256 fee = Math.min(block.basefee, _COST_FEE_CAP);
        // below 2^32 · 2^64 · 2^128
        uint256 costs = (gasUsed * fee * _TOKENS_PER_ETHER) / 1 ether;
        return uint128(Math.min(costs, (stakeAtRisk * COSTS_MAX_BPS) / BPS));
    }

    function _takeBond(bytes32 key, address account, uint256 amount) internal {
        settlement.bond(key, account, amount);
    }

    function _returnBond(bytes32 key, address account, uint256 amount) internal {
        if (amount != 0) settlement.releaseBond(key, account, amount);
    }

    /// @dev Pays costs out of the fee that the requester has just got back, the opener's first, as far as it reaches.
    function _chargeRequester(
        Claim memory claim,
        address opener,
        uint256 openerCosts,
        address prover,
        uint256 proverCosts
    ) internal {
        openerCosts = Math.min(openerCosts, claim.fee);
        proverCosts = Math.min(proverCosts, claim.fee - openerCosts);
        uint256 charged = openerCosts + proverCosts;
        if (charged != 0) settlement.bond(claim.id, claim.requester, charged);
        _returnBond(claim.id, opener, openerCosts);
        _returnBond(claim.id, prover, proverCosts);
    }

    /// @dev Pays costs out of what the publisher bonded for the model, the opener's first; the rest of that bond is burned.
    function _chargePublisher(
        bytes32 modelId,
        address opener,
        uint256 openerCosts,
        address prover,
        uint256 proverCosts
    ) internal {
        uint256 bonded = settlement.bondOf(modelId);
        openerCosts = Math.min(openerCosts, bonded);
        proverCosts = Math.min(proverCosts, bonded - openerCosts);
        _returnBond(modelId, opener, openerCosts);
        _returnBond(modelId, prover, proverCosts);
        _returnBond(modelId, settlement.BURN_ADDRESS(), bonded - openerCosts - proverCosts);
    }
}
