using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>JSON → <see cref="ClassPolicy"/>: names and types. Ranges are judged afterwards by <see cref="PolicyRules"/>.</summary>
internal static class PolicyReader
{
    private static readonly ClassPolicy Defaults = new();

    public static ClassPolicy Read(JsonFields fields)
    {
        ClassPolicy policy = new()
        {
            Entry = fields.Choice("entry", PolicyWords.Entries, Defaults.Entry),
            Window = Window(fields.Object("window")),
            Tariff = Tariff(fields.Object("tariff")),
            Capacity = Capacity(fields.Object("capacity")),
            Lanes = fields.Objects("lanes", Defaults.Lanes, Lane),
            Quota = Quota(fields.Object("quota")),
            Price = Price(fields.Object("price")),
            Weights = fields.Objects("weights", Defaults.Weights, Weight),
            DedupeWindowMs = fields.Whole("dedupeWindowMs", PolicyLimits.DedupeWindowMs, Defaults.DedupeWindowMs),
            RelaxedAllowed = fields.Flag("relaxedAllowed", Defaults.RelaxedAllowed),
            Market = Market(fields.Object("market")),
            Bank = Bank(fields.Object("bank")),
            Deferral = Deferral(fields.Object("deferral")),
        };
        fields.Done();
        return policy;
    }

    private static WindowPolicy Window(JsonFields fields)
    {
        WindowPolicy defaults = Defaults.Window;
        JsonFields epoch = fields.Object("epoch");
        WindowPolicy window = new()
        {
            SliceMs = fields.Whole("sliceMs", PolicyLimits.SliceMs, defaults.SliceMs),
            Slices = fields.Small("slices", PolicyLimits.Slices, defaults.Slices),
            GraceMs = fields.Whole("graceMs", PolicyLimits.GraceMs, defaults.GraceMs),
            Epoch = new()
            {
                Kind = epoch.Choice("kind", PolicyWords.EpochKinds, defaults.Epoch.Kind),
                FixedMs = epoch.Whole("fixedMs", PolicyLimits.FixedMs, defaults.Epoch.FixedMs),
            },
        };
        epoch.Done();
        fields.Done();
        return window;
    }

    private static TariffPolicy Tariff(JsonFields fields)
    {
        TariffPolicy defaults = Defaults.Tariff;
        TariffPolicy tariff = new()
        {
            FixedFee = fields.Whole("fixedFee", PolicyLimits.FixedFee, defaults.FixedFee),
            Rate = fields.Whole("rate", PolicyLimits.Rate, defaults.Rate),
            ComfortPermille = fields.Whole("comfortPermille", PolicyLimits.ComfortPermille, defaults.ComfortPermille),
            MeanBasis = fields.Choice("meanBasis", PolicyWords.MeanBases, defaults.MeanBasis),
            BaselineUnits = fields.Whole("baselineUnits", PolicyLimits.BaselineUnits, defaults.BaselineUnits),
            CommonsPermille = fields.Small("commonsPermille", PolicyLimits.CommonsPermille, defaults.CommonsPermille),
        };
        fields.Done();
        return tariff;
    }

    private static CapacityPolicy Capacity(JsonFields fields)
    {
        CapacityPolicy capacity = new()
        {
            UnitsPerSecond = fields.Whole("unitsPerSecond", PolicyLimits.UnitsPerSecond, 0, required: true),
            BurstUnits = fields.Whole("burstUnits", PolicyLimits.BurstUnits, 0, required: true),
            MaxRequestUnits = fields.Whole("maxRequestUnits", PolicyLimits.MaxRequestUnits, 0, required: true),
        };
        fields.Done();
        return capacity;
    }

    private static LanePolicy Lane(JsonFields fields)
    {
        LanePolicy defaults = new();
        LanePolicy lane = new()
        {
            Name = fields.Text("name", "", Ids.IsWord, JsonFields.WordRule, required: true),
            Priority = fields.Choice("priority", PolicyWords.Priorities, defaults.Priority),
            GuaranteedPermille = fields.Small("guaranteedPermille", PolicyLimits.GuaranteedPermille, defaults.GuaranteedPermille),
            NeedsEntitlement = fields.Flag("needsEntitlement", defaults.NeedsEntitlement),
            SurgeExempt = fields.Flag("surgeExempt", defaults.SurgeExempt),
            LongestWaitMs = fields.Small("longestWaitMs", PolicyLimits.LongestWaitMs, defaults.LongestWaitMs),
        };
        fields.Done();
        return lane;
    }

    private static QuotaPolicy Quota(JsonFields fields)
    {
        QuotaPolicy quota = new()
        {
            UnitsPerSecond = fields.Whole("unitsPerSecond", PolicyLimits.QuotaUnitsPerSecond, 0),
            BurstUnits = fields.Whole("burstUnits", PolicyLimits.QuotaBurstUnits, 0),
            WindowUnits = fields.Whole("windowUnits", PolicyLimits.QuotaWindowUnits, 0),
        };
        fields.Done();
        return quota;
    }

    private static PricePolicy Price(JsonFields fields)
    {
        PricePolicy defaults = Defaults.Price;
        PricePolicy price = new()
        {
            ControlPeriodMs = fields.Whole("controlPeriodMs", PolicyLimits.ControlPeriodMs, defaults.ControlPeriodMs),
            TargetPermille = fields.Small("targetPermille", PolicyLimits.TargetPermille, defaults.TargetPermille),
            DoublingPeriods = fields.Small("doublingPeriods", PolicyLimits.DoublingPeriods, defaults.DoublingPeriods),
            CapPermille = fields.Small("capPermille", PolicyLimits.CapPermille, defaults.CapPermille),
            TimeOfUse = fields.Objects("timeOfUse", defaults.TimeOfUse, Band),
        };
        fields.Done();
        return price;
    }

    private static BankPolicy Bank(JsonFields fields)
    {
        BankPolicy bank = new()
        {
            SharePermille = fields.Small("sharePermille", PolicyLimits.BankPermille, Defaults.Bank.SharePermille),
            CapUnits = fields.Whole("capUnits", PolicyLimits.BankUnits, Defaults.Bank.CapUnits),
            DecayPermille = fields.Small("decayPermille", PolicyLimits.BankPermille, Defaults.Bank.DecayPermille),
        };
        fields.Done();
        return bank;
    }

    private static DeferralPolicy Deferral(JsonFields fields)
    {
        DeferralPolicy deferral = new()
        {
            DeferMinMs = fields.Whole("deferMinMs", PolicyLimits.DeferMinMs, Defaults.Deferral.DeferMinMs),
            HorizonMs = fields.Whole("horizonMs", PolicyLimits.DeferralHorizonMs, Defaults.Deferral.HorizonMs),
            MemberCapUnits = fields.Whole("memberCapUnits", PolicyLimits.TicketUnits, Defaults.Deferral.MemberCapUnits),
        };
        fields.Done();
        return deferral;
    }

    private static TouBand Band(JsonFields fields)
    {
        int days = 0;
        fields.Require("days", $"must list some of {PolicyWords.DayNames}");
        foreach ((string day, _) in fields.Texts("days", day => PolicyWords.Days.Contains(day), $"must be one of {PolicyWords.DayNames}"))
        {
            days |= 1 << PolicyWords.Days.IndexOf(day);
        }

        string from = fields.Text("from", "00:00", time => PolicyWords.Minute(time) is >= 0 and < PolicyLimits.MinutesPerDay, PolicyWords.FromRule, required: true);
        string to = fields.Text("to", "24:00", time => PolicyWords.Minute(time) > 0, PolicyWords.ToRule, required: true);
        TouBand band = new()
        {
            Days = (byte)days,
            FromMinute = PolicyWords.Minute(from),
            ToMinute = PolicyWords.Minute(to),
            Permille = fields.Small("permille", PolicyLimits.TouPermille, 1000),
        };
        fields.Require("permille", $"must be {PolicyLimits.TouPermille}");
        fields.Done();
        return band;
    }

    private static MarketPolicy Market(JsonFields fields)
    {
        MarketPolicy defaults = Defaults.Market;
        MarketPolicy market = new()
        {
            SlotMs = fields.Whole("slotMs", PolicyLimits.SlotMs, defaults.SlotMs),
            GateClosureMs = fields.Whole("gateClosureMs", PolicyLimits.GateClosureMs, defaults.GateClosureMs),
            AheadMs = fields.Whole("aheadMs", PolicyLimits.AheadMs, defaults.AheadMs),
            SellablePermille = fields.Small("sellablePermille", PolicyLimits.SellablePermille, defaults.SellablePermille),
            ReservePrice = fields.Whole("reservePrice", PolicyLimits.UnitPrice, defaults.ReservePrice),
            MemberCapUnitsPerSecond = fields.Whole("memberCapUnitsPerSecond", PolicyLimits.ReservedUnitsPerSecond, defaults.MemberCapUnitsPerSecond),
            OveragePermille = fields.Small("overagePermille", PolicyLimits.OveragePermille, defaults.OveragePermille),
        };
        fields.Done();
        return market;
    }

    private static CostWeight Weight(JsonFields fields)
    {
        CostWeight defaults = new();
        CostWeight weight = new()
        {
            Dimension = fields.Text("dimension", "", Ids.IsWord, JsonFields.WordRule, required: true),
            Units = fields.Whole("units", PolicyLimits.WeightUnits, defaults.Units),
            Per = fields.Whole("per", PolicyLimits.WeightPer, defaults.Per),
        };
        fields.Done();
        return weight;
    }
}
