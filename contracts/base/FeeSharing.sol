// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJobRegistry} from "../interfaces/IJobRegistry.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IOperatorStaking} from "../interfaces/IOperatorStaking.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {ParameterBook} from "../libraries/ParameterBook.sol";
import {JobId, Terms} from "../types/Job.sol";
import {ModelId, ModelRecord} from "../types/Model.sol";

/// @notice The money side of ending a job well: fees are shared one by one and paid out in one go, for as long as the same
/// three are to be paid.
abstract contract FeeSharing {
    using ParameterBook for ParameterBook.Book;

    uint256 private constant BPS = 10_000;

    IModelRegistry public immutable modelRegistry;
    IOperatorStaking public immutable operatorStaking;
    ISettlement public immutable settlement;

    ParameterBook.Book internal _book;

    /// @dev What is owed to one operator, publisher and treasury.
    struct Payout {
        address operator;
        ModelId modelId;
        uint32 version;
        address publisher;
        uint256 publisherFeeBps;
        address treasury;
        uint256 protocolFeeBps;
        uint256 unlocked;
        uint256 operatorAmount;
        uint256 publisherAmount;
        uint256 treasuryAmount;
    }

    constructor(IModelRegistry modelRegistry_, IOperatorStaking operatorStaking_, ISettlement settlement_) {
        modelRegistry = modelRegistry_;
        operatorStaking = operatorStaking_;
        settlement = settlement_;
    }

    /// @dev Shares one fee and adds the parts to `payout`, after paying out what it held if it was meant for others.
    /// INVARIANT(I12): operator + publisher + treasury == fee, to the wei; shares round down, the operator has the rest.
    function _share(Payout memory payout, JobId jobId, Terms calldata terms, address operator) internal {
        ModelId modelId = terms.modelId;
        uint32 version = terms.options.parametersVersion();
        if (!(payout.operator == operator && payout.modelId == modelId && payout.version == version)) {
            _flush(payout);
            ModelRecord memory model = modelRegistry.recordOf(modelId);
            (payout.operator, payout.modelId, payout.version) = (operator, modelId, version);
            (payout.publisher, payout.publisherFeeBps) = (model.publisher, model.publisherFeeBps);
            (payout.protocolFeeBps, payout.treasury) = _book.feeOf(version);
        }
        unchecked {
            // fee is below 2^128 and the shares together below 10,000 (both are capped)
            uint256 operatorAmount = terms.fee;
            uint256 publisherAmount = (operatorAmount * payout.publisherFeeBps) / BPS;
            uint256 treasuryAmount = (operatorAmount * payout.protocolFeeBps) / BPS;
            operatorAmount -= publisherAmount + treasuryAmount;
            payout.operatorAmount += operatorAmount;
            payout.publisherAmount += publisherAmount;
            payout.treasuryAmount += treasuryAmount;
            payout.unlocked += terms.stakeAtRisk;
            emit IJobRegistry.JobSettled(jobId, operator, operatorAmount, publisherAmount, treasuryAmount);
        }
    }

    /// @dev Pays out and empties `payout`. Always before a callback and at the end.
    function _flush(Payout memory payout) internal {
        uint256 unlocked = payout.unlocked;
        if (unlocked == 0) return;
        operatorStaking.unlock(payout.operator, unlocked);
        settlement.pay(
            payout.operator,
            payout.operatorAmount,
            payout.publisher,
            payout.publisherAmount,
            payout.treasury,
            payout.treasuryAmount
        );
        (payout.unlocked, payout.operatorAmount, payout.publisherAmount, payout.treasuryAmount) = (0, 0, 0, 0);
    }
}
