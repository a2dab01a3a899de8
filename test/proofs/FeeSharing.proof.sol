// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice INVARIANT(I12): the parts of a fee are the fee, to the wei.
contract FeeSharingProof {
    uint256 private constant BPS = 10_000;

    struct Fee {
        uint128 fee;
    }
    struct Rates {
        uint256 publisherFeeBps;
        uint256 protocolFeeBps;
    }

    function _split(Fee memory terms, Rates memory payout) private pure returns (uint256, uint256, uint256) {
        unchecked {
            // LIFTED contracts/base/FeeSharing.sol: uint256 operatorAmount = … publisherAmount + treasuryAmount;
            return (operatorAmount, publisherAmount, treasuryAmount);
        }
    }

    function thePartsAreTheFee(uint128 fee, uint16 publisherBps, uint16 protocolBps) external pure {
        require(uint256(publisherBps) + protocolBps <= BPS);
        (uint256 operator, uint256 publisher, uint256 treasury) = _split(Fee(fee), Rates(publisherBps, protocolBps));
        assert(operator + publisher + treasury == fee);
    }

    function noPartIsMoreThanTheFee(uint128 fee, uint16 publisherBps, uint16 protocolBps) external pure {
        require(uint256(publisherBps) + protocolBps <= BPS);
        (uint256 operator, uint256 publisher, uint256 treasury) = _split(Fee(fee), Rates(publisherBps, protocolBps));
        assert(operator <= fee && publisher <= fee && treasury <= fee);
    }

    function withoutRatesAllIsTheOperators(uint128 fee) external pure {
        (uint256 operator, , ) = _split(Fee(fee), Rates(0, 0));
        assert(operator == fee);
    }
}
