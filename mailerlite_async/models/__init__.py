"""The objects of the API as attrs classes: frozen, slotted, tolerant of keys they do not know."""

from mailerlite_async.models._rate import Rate
from mailerlite_async.models.fields import Field, FieldType
from mailerlite_async.models.groups import Group
from mailerlite_async.models.imports import ImportJob, ImportReport, ImportSample, SubscriberRow
from mailerlite_async.models.orders import Cart, CartItem, Customer, Order, OrderStatus
from mailerlite_async.models.products import Category, Product
from mailerlite_async.models.shop_inputs import (
    CartInput,
    CartItemInput,
    CategoryInput,
    CustomerInput,
    OrderCustomerInput,
    OrderInput,
    ProductInput,
)
from mailerlite_async.models.shops import Shop, ShopGroup
from mailerlite_async.models.subscribers import (
    Activity,
    FieldValue,
    ForgottenSubscriber,
    Subscriber,
    SubscriberSource,
    SubscriberStatus,
)

__all__ = [
    "Activity",
    "Cart",
    "CartInput",
    "CartItem",
    "CartItemInput",
    "Category",
    "CategoryInput",
    "Customer",
    "CustomerInput",
    "Field",
    "FieldType",
    "FieldValue",
    "ForgottenSubscriber",
    "Group",
    "ImportJob",
    "ImportReport",
    "ImportSample",
    "Order",
    "OrderCustomerInput",
    "OrderInput",
    "OrderStatus",
    "Product",
    "ProductInput",
    "Rate",
    "Shop",
    "ShopGroup",
    "Subscriber",
    "SubscriberRow",
    "SubscriberSource",
    "SubscriberStatus",
]
