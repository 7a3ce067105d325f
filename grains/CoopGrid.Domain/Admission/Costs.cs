using CoopGrid.Model;

namespace CoopGrid.Domain.Admission;

/// <summary>Makes units of a request's dimensions: the floored costs added up, and at least 1.</summary>
public static class Costs
{
    /// <summary>The request's units under the policy, or why there are none.</summary>
    /// <exception cref="OverflowException">The units do not fit 64 bits.</exception>
    public static (long Units, string? Error) Of(AdmissionRequest request, ClassPolicy policy)
    {
        if (request.Dimensions.IsEmpty) return (request.Units, null);
        long units = 0;
        foreach (DimensionQuantity dimension in request.Dimensions)
        {
            CostWeight? weight = Find(policy, dimension.Dimension);
            if (weight is null)
            {
                string known = policy.Weights.IsEmpty ? "plain units only" : string.Join(", ", policy.Weights.Select(w => w.Dimension));
                return (0, $"Unknown dimension '{dimension.Dimension}'; this class takes {known}.");
            }

            Int128 cost = (Int128)dimension.Quantity * weight.Units / weight.Per;
            if (cost > long.MaxValue - units) return (0, $"Dimension '{dimension.Dimension}' costs more units than can be counted.");
            units += (long)cost;
        }

        return (Math.Max(1, units), null);
    }

    private static CostWeight? Find(ClassPolicy policy, string dimension)
    {
        foreach (CostWeight weight in policy.Weights)
        {
            if (weight.Dimension == dimension) return weight;
        }

        return null;
    }
}
